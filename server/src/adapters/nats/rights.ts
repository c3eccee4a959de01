/**
 * Whether the NATS servers let this process write what its role writes. It offers messages that have to come after
 * one that cannot be: who may write is told that they do not, who may not is told so, and nothing is stored.
 */
import { jetstream } from "@nats-io/jetstream";
import { StartError } from "../../ports/start-error.ts";
import { bucketSubject } from "./bucket-config.ts";
import { commandSubject } from "./command-stream.ts";
import type { NatsLink } from "./link.ts";
import { deniedBy, wordsOf } from "./words.ts";

/** How long an answer of the broker is waited for, in milliseconds. */
const answerMs = 2_000;

/** A number that no message ever has. */
const never = Number.MAX_SAFE_INTEGER;

/** No node has this name. */
const nobody = "rights-of-this-user";

/** What is written: a log of commands by the name of its stream, or a bucket by its name. */
export type Written = { readonly log: string } | { readonly bucket: string };

/** Refuses a user that may not write all of these; a `StartError` says what it lacks. */
export async function refuseWithoutRights(
  link: NatsLink,
  role: string,
  written: readonly Written[],
): Promise<void> {
  const client = jetstream(link.connection, { timeout: answerMs });
  for (const one of written) {
    const publishing =
      "log" in one
        ? client.publish(commandSubject(one.log), "", refused({ lastSequence: never }))
        : client.publish(
            bucketSubject(one.bucket, nobody),
            "",
            refused({ lastSubjectSequence: never }),
          );
    // Whatever else is answered, or not, says nothing of rights.
    const denied = await publishing.then(() => undefined, deniedBy);
    if (denied !== undefined) {
      throw new StartError(`cluster.role ${role} cannot be had: ${wordsOf(denied)}`);
    }
  }
}

function refused(expect: {
  readonly lastSequence?: number;
  readonly lastSubjectSequence?: number;
}) {
  return { timeout: answerMs, retries: 0, expect };
}
