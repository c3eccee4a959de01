/** Where the files of an exchange are in its folder. */
import { join } from "node:path";

/** The files of an exchange. */
export interface EngineFiles {
  readonly log: string;
  readonly snapshots: string;
  readonly history: string;
}

/** Where the exchange's files are. */
export function engineFiles(folder: string): EngineFiles {
  return {
    log: join(folder, "commands.db"),
    snapshots: join(folder, "snapshots"),
    history: join(folder, "history.db"),
  };
}
