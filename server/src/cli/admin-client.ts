/**
 * How a command reaches the exchange: through the server that runs on the data folder, or, when none
 * does, by opening the exchange itself for as long as it takes. The result is the same either way.
 */
import { existsSync } from "node:fs";
import { systemClock } from "../adapters/clock/system-clock.ts";
import { StoreError } from "../adapters/sqlite/file/store-error.ts";
import { openUserStore } from "../adapters/sqlite/stores/user-store.ts";
import { type AdminAnswer, unavailable } from "../admin/answer.ts";
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
  const told = await askServer(folder.adminSocket, { name, request });
  const answer = told ?? (await aloneOrWhyNot(config, { name, request }));
  // Both come from the operation of this name: over the wire it was written by the same program.
  return answer as AdminAnswer<AdminResult<Name>>;
}

/** A question that this program asks itself. */
interface OwnQuestion {
  readonly name: AdminOperationName;
  readonly request: unknown;
}

async function aloneOrWhyNot(config: Config, question: OwnQuestion): Promise<AdminAnswer<unknown>> {
  const folder = existingExchange(config.data);
  try {
    return await alone(config, folder, question);
  } catch (error) {
    const isLocked = error instanceof StoreError && error.fault === "busy";
    if (!isLocked || !existsSync(folder.olderAdminFile)) throw error;
    return unavailable(
      `${error.message}: where that is a server of an older version, as ${folder.olderAdminFile} says, this command cannot ask it; restart it with this version`,
    );
  }
}

async function alone(
  config: Config,
  folder: DataFolder,
  { name, request }: OwnQuestion,
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
