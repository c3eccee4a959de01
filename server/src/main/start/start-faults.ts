/**
 * What keeps a server from starting although its configuration can be read: files that are missing,
 * folders that cannot be written, addresses that are not this machine's. Nothing is made or changed.
 */
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { parseMasterKey } from "../../adapters/crypto/master-key.ts";
import { isAnswered } from "../../adapters/http/socket-file.ts";
import { dataFolder } from "../../config/data-folder.ts";
import type { Config } from "../../config/schema.ts";
import { socketPathFault } from "../../config/socket-path.ts";
import { masterKeyVariable } from "../../config/source.ts";
import { wordsOf } from "../../core/words-of.ts";
import { clusterFault } from "../cluster/open.ts";
import { hasExchange } from "../configuration.ts";
import { openDataset } from "../datasets.ts";
import { readDemoRecord } from "../demo/demo-record.ts";
import { dialects } from "../dialects.ts";
import type { Environment } from "../stores/user-registry.ts";
import { folderFault, refuseUnusableFolder } from "./preflight.ts";
import { readTls } from "./tls.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Everything that `serve` would end with at once, a line each; none when it would start. */
export async function startFaults(
  config: Config,
  environment: Environment,
): Promise<readonly string[]> {
  const { server, data, datasets } = config;
  const given = environment[masterKeyVariable];
  const masterKey = given === undefined ? undefined : parseMasterKey(given, masterKeyVariable);
  const found = [
    ...(server.tls === undefined ? [] : faultOf(readTls, server.tls, silentNow())),
    ...datasets.flatMap((dataset) => faultOf((config) => openDataset(config, 0), dataset)),
    clusterFault(config, hasExchange(config, dialects)),
    folderFault(data),
    socketPathFault(dataFolder(data).adminSocket),
    ...(await contentFaults(config)),
    ...faultOf(readDemoRecord, dataFolder(data).demoFile),
    masterKey?.kind === "fault" ? masterKey.message : undefined,
    await addressFault(server.host, server.port),
  ];
  return found.filter((fault) => fault !== undefined);
}

function silentNow() {
  return { log: silent, nowMs: Date.now() };
}

/** What a step of the start raises for the operator. */
function faultOf<Args extends readonly unknown[]>(
  step: (...args: Args) => unknown,
  ...args: Args
): readonly string[] {
  try {
    step(...args);
    return [];
  } catch (error) {
    return [wordsOf(error)];
  }
}

/** What is wrong in a data folder that is there. While a server runs on it, that has looked. */
async function contentFaults({ data, exchange }: Config): Promise<readonly string[]> {
  const folder = dataFolder(data);
  if (!existsSync(folder.engineFolder) || (await isAnswered(folder.adminSocket))) return [];
  return faultOf(refuseUnusableFolder, folder, { withExchange: exchange.enabled });
}

/** Why nobody could listen there. That a server has the port already is no fault of the configuration. */
function addressFault(host: string, port: number): Promise<string | undefined> {
  return new Promise((answered) => {
    const probe = createServer();
    probe.once("error", ({ code }: NodeJS.ErrnoException) => {
      if (code === "EADDRINUSE") answered(undefined);
      else if (code === "EACCES") {
        answered(`port ${port} of ${host} may not be opened: choose one above 1023 with --port`);
      } else
        answered(`${host} is not an address of this machine (${code}): choose one with --host`);
    });
    probe.listen(port, host, () => probe.close(() => answered(undefined)));
  });
}
