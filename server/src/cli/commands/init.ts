/** `init`: begins an empty data folder on purpose, without starting a server. */
import { systemClock } from "../../adapters/clock/system-clock.ts";
import { openKeyStore } from "../../adapters/sqlite/stores/key-store.ts";
import { dataFolder, holdsExchange, openDataFolder } from "../../config/data-folder.ts";
import type { ConfigInput } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { Engine } from "../../engine/engine.ts";
import { noDemo, writeDemoRecord } from "../../main/demo/demo-record.ts";
import { engineStores } from "../../main/stores/engine-stores.ts";
import { type Environment, openUserRegistry } from "../../main/stores/user-registry.ts";
import { quietLogOf } from "../quiet-log.ts";
import { configOrExitCode } from "./config.ts";
import { print, refuse } from "./key-store.ts";

/** Begins the configured data folder; resolves with the exit code. */
export async function init(input: ConfigInput, json: boolean): Promise<number> {
  const config = configOrExitCode(input);
  if (config === 2) return 2;
  if (holdsExchange(dataFolder(config.data))) {
    return refuse(`${config.data} is a data folder already: it was left as it is`);
  }
  await beginDataFolder(config, input.environment);
  print(
    json
      ? JSON.stringify({ data: config.data })
      : `${config.data} is an empty data folder without a demo: start it with \`openbourse serve --data ${config.data}\``,
  );
  return 0;
}

/**
 * Makes the folder with its stores and an exchange without markets; what is there stays. It has the
 * parts of a demo that the configuration asks for in so many words.
 */
export async function beginDataFolder(config: Config, environment: Environment): Promise<void> {
  const folder = openDataFolder(config.data);
  openKeyStore(folder.keysFile).close();
  openUserRegistry(folder, environment).store.close();
  const { snapshotEveryCommands, logBytesMax } = config.exchange;
  const log = quietLogOf(config);
  const engine = await Engine.open({
    stores: engineStores(folder.engineFolder, { log, logBytesMax }),
    clock: systemClock(),
    log,
    snapshotEvery: snapshotEveryCommands,
  });
  try {
    await engine.start("none");
  } finally {
    await engine.stop();
  }
  const { demo, exchange } = config;
  writeDemoRecord(folder.demoFile, {
    ...noDemo,
    begun: {
      key: demo.key === true,
      users: demo.users === true,
      participants: exchange.participants.enabled === true,
    },
  });
}
