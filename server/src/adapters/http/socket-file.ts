/**
 * The file of a Unix socket: nobody but its owner can connect from its first moment, one that a crash has
 * left is replaced, and nothing else is.
 */
import { chmodSync, lstatSync, mkdirSync, renameSync, rmSync, type Stats } from "node:fs";
import type { Server } from "node:net";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { StartError } from "../../ports/start-error.ts";

/** Only the owner may come here, while the socket has the mode that the system gives it. */
const folderMode = 0o700;
const socketMode = 0o600;

/** No longer than the name of the socket, so that it fits wherever that does. */
const privateName = ".admin";
const nameInside = "s";

const isPipe = (path: string) => path.startsWith("\\\\");

/** Whether somebody answers at a socket. */
export function isAnswered(path: string): Promise<boolean> {
  return new Promise((answered) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      answered(true);
    });
    // One that may not be asked is somebody's; the others are gone.
    socket.once("error", ({ code }: NodeJS.ErrnoException) => answered(code === "EACCES"));
  });
}

/**
 * Listens at `path`; resolves with a function that removes the file, as long as it is this server's.
 * Undefined when somebody else answers there. A `StartError` says what the operator has to do.
 */
export async function listenAt(server: Server, path: string): Promise<(() => void) | undefined> {
  if (isPipe(path)) return await listenAtPipe(server, path);
  const found = statsOf(path);
  if (found !== undefined && !found.isSocket()) {
    throw new StartError(`${path} is no socket: move it away, the server listens there`);
  }
  if (found !== undefined && (await isAnswered(path))) return undefined;
  const privately = join(dirname(path), privateName);
  try {
    rmSync(privately, { recursive: true, force: true });
    mkdirSync(privately, { mode: folderMode });
    const bound = join(privately, nameInside);
    await listen(server, bound);
    chmodSync(bound, socketMode);
    renameSync(bound, path);
  } catch (error) {
    server.close();
    throw listenFault(path, error);
  } finally {
    rmSync(privately, { recursive: true, force: true });
  }
  const { ino } = lstatSync(path);
  return () => {
    // Another server may have come since, and listen there.
    if (statsOf(path)?.ino === ino) rmSync(path, { force: true });
  };
}

async function listenAtPipe(server: Server, path: string): Promise<(() => void) | undefined> {
  try {
    await listen(server, path);
    return () => {};
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return undefined;
    throw listenFault(path, error);
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function listenFault(path: string, error: unknown): StartError {
  const { code } = error as NodeJS.ErrnoException;
  return new StartError(
    `nobody can listen at ${path} (${code}): make the data folder writable, with room on its disk, or put it on a file system that can hold sockets`,
  );
}

function statsOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}
