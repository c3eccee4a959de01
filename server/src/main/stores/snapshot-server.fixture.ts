/** A program that has the process for snapshots started in the folder it is told, says which, and stays. */
import { engineFiles } from "./engine-files.ts";
import { openLog } from "./engine-stores.ts";
import { SnapshotProcessMaker } from "./snapshot-process-maker.ts";

const [, , folder = ""] = process.argv;
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const files = engineFiles(folder);
const maker = new SnapshotProcessMaker({ files, log: await openLog(files), report: silent });
maker.prepare();
process.send?.(maker.processId);
setInterval(() => {}, 60_000);
