/** Where operators reach a running server: a socket in its data folder. */
import { rmSync } from "node:fs";
import { startSocketServer } from "../adapters/http/socket-server.ts";
import { Administration, type AdministrationOptions, fault } from "../admin/administration.ts";
import type { DataFolder } from "../config/data-folder.ts";
import { otherServer } from "./start/folder.ts";
import type { Start } from "./start/start.ts";

/**
 * Opens the socket; undefined when another server on the folder is reached there. The socket goes last of
 * all, so that whoever asks a server that stops waits until nothing in the folder is in use any more.
 */
export async function openAdministration(
  folder: DataFolder,
  parts: AdministrationOptions & { readonly start: Start },
): Promise<Administration | undefined> {
  const { log, hasExchange, start } = parts;
  const administration = new Administration(parts);
  const socket = await startSocketServer({
    path: folder.adminSocket,
    answer: (request) => administration.answer(request),
    fault: (_status, message) => fault(message),
    log,
  });
  if (socket === undefined) {
    if (hasExchange) throw otherServer(folder);
    log.warn("another server runs on this data folder: `sessions` lists its connections only");
    return undefined;
  }
  start.atLast(() => socket.close());
  // The log is ours, so the server of an older version that wrote the file is gone.
  if (hasExchange) rmSync(folder.olderAdminFile, { force: true, recursive: true });
  return administration;
}
