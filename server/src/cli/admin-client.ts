/**
 * How a command reaches the exchange: through the server that runs on the data folder, or, when none
 * does, by opening the exchange itself for as long as it takes. The result is the same either way.
 */
import { systemClock } from "../adapters/clock/system-clock.ts";
import { openUserStore } from "../adapters/sqlite/stores/user-store.ts";
import type { AdminAnswer } from "../admin/answer.ts";
import { askServer } from "../admin/ask-server.ts";
import {
  type AdminOperationName,
  type AdminRequest,
  type AdminResult,
  findOperation,
} from "../admin/operations.ts";
import { adminTargetOf } from "../admin/target.ts";
import { type DataFolder, existingDataFolder, existingExchange } from "../config/data-folder.ts";
import type { Config } from "../config/schema.ts";
import { assert } from "../core/assert.ts";
import { Engine } from "../engine/engine.ts";
import { refuseUnusableExchange } from "../main/start/preflight.ts";
import { engineStores } from "../main/stores/engine-stores.ts";
import { quietLogOf } from "./quiet-log.ts";

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
  const log = quietLogOf(config);
  const engine = await Engine.open({
    stores: engineStores(folder.engineFolder, { log, logBytesMax }),
    clock: systemClock(),
    log,
    snapshotEvery: snapshotEveryCommands,
    clockBehindMaxMs,
  });
  opened.defer(() => engine.stop());
  await engine.start("none");
  const operation = findOperation(name);
  assert(operation !== undefined, "every name of an operation is in the table");
  return await operation.run(request, adminTargetOf(engine, users));
}
