/**
 * How a command reaches the exchange: through the server that runs on the data folder, or, when none
 * does, by opening the exchange itself for as long as it takes. The result is the same either way.
 */
import { systemClock } from "../../adapters/clock/system-clock.ts";
import { openUserStore } from "../../adapters/sqlite/user-store.ts";
import { assert } from "../../core/assert.ts";
import type { Config } from "../config/schema.ts";
import { type DataFolder, existingDataFolder, existingExchange } from "../data-folder.ts";
import { refuseUnusableExchange } from "../preflight.ts";
import { quietLogOf } from "../quiet-log.ts";
import { Venue } from "../venue/venue.ts";
import type { AdminAnswer } from "./answer.ts";
import { askServer } from "./ask-server.ts";
import {
  type AdminOperationName,
  type AdminRequest,
  type AdminResult,
  findOperation,
} from "./operations.ts";
import { adminTargetOf } from "./target.ts";

/**
 * Carries out an operation on the exchange of the configured data folder. Raises a `MissingError`
 * when there is none, and makes none: a mistyped folder must not become an empty exchange.
 */
export async function administer<Name extends AdminOperationName>(
  config: Config,
  name: Name,
  request: AdminRequest<Name>,
): Promise<AdminAnswer<AdminResult<Name>>> {
  const folder = existingDataFolder(config.data);
  const told = await askServer(folder.adminFile, { name, request });
  const answer = told ?? (await alone(config, existingExchange(config.data), { name, request }));
  // Both come from the operation of this name: over the wire it was written by the same program.
  return answer as AdminAnswer<AdminResult<Name>>;
}

async function alone(
  config: Config,
  folder: DataFolder,
  { name, request }: { readonly name: AdminOperationName; readonly request: unknown },
): Promise<AdminAnswer<unknown>> {
  await using opened = new AsyncDisposableStack();
  refuseUnusableExchange(folder);
  const users = openUserStore(folder.usersFile);
  opened.defer(() => users.close());
  const { snapshotEveryCommands, logBytesMax, clockBehindMaxMs } = config.exchange;
  const venue = await Venue.open({
    folder: folder.venue,
    clock: systemClock(),
    log: quietLogOf(config),
    snapshotEvery: snapshotEveryCommands,
    logBytesMax,
    clockBehindMaxMs,
  });
  opened.defer(() => venue.stop());
  const operation = findOperation(name);
  assert(operation !== undefined, "every name of an operation is in the table");
  return await operation.run(request, adminTargetOf(venue, users));
}
