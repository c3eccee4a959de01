/** What went wrong at the broker, in words for operators. */
import { JetStreamApiError } from "@nats-io/jetstream";
import { PermissionViolationError } from "@nats-io/transport-node";
import { wordsOf as thrownWords } from "../../core/words-of.ts";

/** The broker's word for more copies than there are servers that know each other. */
const alone = 10_074;

/** What went wrong, in words of whoever said it. */
export function wordsOf(error: unknown): string {
  const denied = deniedBy(error);
  if (denied !== undefined) {
    const verb = denied.operation === "publish" ? "publish" : "subscribe";
    return `the NATS servers do not let this node's user ${verb} to ${denied.subject}: give it the user of its role (docs/operating/nats-server.conf has one for each role)`;
  }
  if (error instanceof JetStreamApiError && error.code === alone) {
    return `${error.message}: that server is no part of a cluster: say cluster.replicas: 1, or join it with others (cluster in its configuration)`;
  }
  return thrownWords(error);
}

/** What the servers have refused to this user; undefined where it is something else that went wrong. */
export function deniedBy(error: unknown): PermissionViolationError | undefined {
  if (error instanceof PermissionViolationError) return error;
  return error instanceof Error && error.cause !== undefined ? deniedBy(error.cause) : undefined;
}
