/** Opens the data folder of a server, or says what the operator has to do. */
import { isAnswered } from "../../adapters/http/socket-file.ts";
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
  await start.step("files", async () => {
    const unopened = dataFolder(data);
    if (withExchange && (await isAnswered(unopened.adminSocket))) throw otherServer(unopened);
    refuseUnusableFolder(unopened, { withExchange });
  });
  const folder = await start.step("data folder", () => openFolder(data));
  warnOfOpenFolder(folder.path, log);
  return folder;
}

/** Says that somebody else has the folder. */
export function otherServer({ path }: DataFolder): StartError {
  return new StartError(
    `another server runs on the data folder ${path}: stop it first, or name another folder with --data`,
  );
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
