/** What the shared log tells a node that starts, and cannot start without. */

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

function isFailure(told: unknown): told is StorageFailure {
  return typeof told === "object" && told !== null && "kind" in told && told.kind === "failure";
}
