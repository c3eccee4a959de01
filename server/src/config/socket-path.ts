/**
 * Where operators reach the server of a data folder: a Unix socket in the folder, on Windows a named pipe
 * whose name is made of the folder's path.
 */
import { createHash } from "node:crypto";
import { join, resolve } from "node:path";

/** Longest path of a Unix socket, in bytes: `sun_path` without its zero at the end. */
const pathBytesMax = { linux: 107, others: 103 } as const;

const pipeDigits = 32;

/** The path of the socket, or the name of the pipe. */
export function socketPath(folder: string, platform: string = process.platform): string {
  if (platform !== "win32") return join(folder, "admin.sock");
  // File names of Windows do not tell cases apart.
  const digest = createHash("sha256").update(resolve(folder).toLowerCase()).digest("hex");
  return `\\\\.\\pipe\\openbourse-${digest.slice(0, pipeDigits)}`;
}

/** Why nobody can listen on a path, with the remedy; undefined when it is short enough. */
export function socketPathFault(
  path: string,
  platform: string = process.platform,
): string | undefined {
  if (platform === "win32") return undefined;
  const max = platform === "linux" ? pathBytesMax.linux : pathBytesMax.others;
  const bytes = Buffer.byteLength(path);
  if (bytes <= max) return undefined;
  return `the socket ${path} has a path of ${bytes} bytes, and this system takes ${max}: name a data folder with a shorter path with --data, a relative path or a symbolic link to the folder, for example`;
}
