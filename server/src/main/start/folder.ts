/** Opens the data folder of a server, or says what the operator has to do. */
import { isServed } from "../../admin/ask-server.ts";
import { type DataFolder, dataFolder, openDataFolder } from "../../config/data-folder.ts";
import type { Config } from "../../config/schema.ts";
import type { Log } from "../../ports/log.ts";
import { StartError } from "../../ports/start-error.ts";
import { refuseUnusableFolder } from "./preflight.ts";
import type { Start } from "./start.ts";
import { warnOfOpenFolder } from "./warnings.ts";

/** Looks at what is there before anything is made or changed, and then opens the folder. */
export async function openServerFolder(
  { data }: Config,
  parts: { readonly withExchange: boolean; readonly log: Log; readonly start: Start },
): Promise<DataFolder> {
  const { withExchange, log, start } = parts;
  await start.step("files", () =>
    namingOtherServer(dataFolder(data), (unopened) =>
      refuseUnusableFolder(unopened, { withExchange }),
    ),
  );
  const folder = await start.step("data folder", () => openFolder(data));
  warnOfOpenFolder(folder.path, log);
  return folder;
}

/** Does something with a folder; where its log is locked because another server has it, that is said. */
function namingOtherServer(folder: DataFolder, task: (folder: DataFolder) => void): void {
  try {
    task(folder);
  } catch (error) {
    const isLocked = error instanceof Error && error.message.includes("is locked");
    if (!isLocked || !isServed(folder.adminFile)) throw error;
    throw new StartError(
      `another server runs on the data folder ${folder.path}: stop it first, or name another folder with --data (${error.message})`,
    );
  }
}

function openFolder(path: string): DataFolder {
  try {
    return openDataFolder(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StartError(
      `data folder ${path} cannot be made (${code}): choose another one with --data, or make it writable`,
    );
  }
}
