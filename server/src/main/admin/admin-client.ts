/**
 * How a command reaches the exchange: through the server that runs on the data folder, or, when none
 * does, by opening the exchange itself for as long as it takes. The result is the same either way.
 */

import Type from "typebox";
import { Value } from "typebox/value";
import { systemClock } from "../../adapters/clock/system-clock.ts";
import { createLog } from "../../adapters/log/log.ts";
import { openUserStore } from "../../adapters/sqlite/user-store.ts";
import { assert } from "../../core/assert.ts";
import type { Config } from "../config/schema.ts";
import { type DataFolder, openDataFolder } from "../data-folder.ts";
import { Venue } from "../venue/venue.ts";
import { type AdminAddress, readAdminFile } from "./admin-file.ts";
import { type AdminAnswer, unavailable } from "./answer.ts";
import {
  type AdminOperationName,
  type AdminRequest,
  type AdminResult,
  findOperation,
} from "./operations.ts";
import { adminTargetOf } from "./target.ts";

/** How long an answer is waited for, in milliseconds. */
const answerTimeoutMs = 30_000;

/** Status with which a server of ours refuses the token of another one. */
const unknownToken = 401;

const answerSchema = Type.Union([
  Type.Object({ kind: Type.Literal("done"), result: Type.Unknown() }),
  Type.Object({ kind: Type.Literal("refused"), message: Type.String() }),
  Type.Object({ kind: Type.Literal("unavailable"), message: Type.String() }),
  Type.Object({ kind: Type.Literal("fault"), message: Type.String() }),
]);

/** Carries out an operation on the exchange of the configured data folder. */
export async function administer<Name extends AdminOperationName>(
  config: Config,
  name: Name,
  request: AdminRequest<Name>,
): Promise<AdminAnswer<AdminResult<Name>>> {
  const folder = openDataFolder(config.data);
  const address = readAdminFile(folder.adminFile);
  const told = address === undefined ? undefined : await ask(address, name, request);
  const answer = told ?? (await alone(config, folder, { name, request }));
  // Both come from the operation of this name: over the wire it was written by the same program.
  return answer as AdminAnswer<AdminResult<Name>>;
}

/**
 * Asks a running server. Undefined when none is there: after a crash the file is still there, and
 * behind its port there is nobody, or somebody else, who does not know the token.
 */
async function ask(
  { url, token }: AdminAddress,
  name: string,
  request: unknown,
): Promise<AdminAnswer<unknown> | undefined> {
  try {
    const response = await fetch(`${url}/${name}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(request),
      redirect: "error",
      signal: AbortSignal.timeout(answerTimeoutMs),
    });
    const answer: unknown = await response.json();
    if (response.status === unknownToken || !Value.Check(answerSchema, answer)) return undefined;
    return answer.kind === "fault"
      ? unavailable(`the server at ${url} cannot do it: ${answer.message}`)
      : answer;
  } catch (error) {
    if ((error as Error).name !== "TimeoutError") return undefined;
    return unavailable(
      `the server at ${url} has not answered for ${answerTimeoutMs / 1_000} seconds, and may have done it or not`,
    );
  }
}

async function alone(
  config: Config,
  folder: DataFolder,
  { name, request }: { readonly name: AdminOperationName; readonly request: unknown },
): Promise<AdminAnswer<unknown>> {
  await using opened = new AsyncDisposableStack();
  const users = openUserStore(folder.usersFile);
  opened.defer(() => users.close());
  const { snapshotEveryCommands, logBytesMax } = config.exchange;
  const venue = await Venue.open({
    folder: folder.venue,
    clock: systemClock(),
    // That an exchange was opened is no news to somebody who asked for something else.
    log: createLog({ level: config.log.level === "info" ? "warn" : config.log.level }),
    snapshotEvery: snapshotEveryCommands,
    logBytesMax,
  });
  opened.defer(() => venue.stop());
  const operation = findOperation(name);
  assert(operation !== undefined, "every name of an operation is in the table");
  return await operation.run(request, adminTargetOf(venue, users));
}
