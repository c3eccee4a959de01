/** What the shared log tells a node: what it cannot start without, and what it does not understand. */
import { StartError } from "../ports/start-error.ts";
import type { StorageFailure } from "../ports/storage-fault.ts";

/** The answer of the log; a `StartError` says why there is none. */
export async function toldByLog<Told extends object | number | undefined>(
  asked: Promise<Told | StorageFailure>,
): Promise<Told> {
  const told = await asked;
  if (isFailure(told)) throw new StartError(`the cluster's log cannot be read: ${told.message}`);
  return told;
}

/** What a node says that meets commands which its release does not know. */
export function olderThan(reason: string): string {
  return `this node is older than the cluster: ${reason}; give it the release that the other nodes have, and start it again`;
}

function isFailure(told: unknown): told is StorageFailure {
  return typeof told === "object" && told !== null && "kind" in told && told.kind === "failure";
}
