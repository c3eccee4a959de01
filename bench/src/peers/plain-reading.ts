/**
 * Reading a compressed file in plain ways, to show where the time of a replay goes. Nothing here
 * checks what it reads.
 */
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";

const chunkBytes = 128 * 1024;

/** Unpacks only; answers the bytes. */
export async function unpack(path: string): Promise<number> {
  let bytes = 0;
  for await (const chunk of unpacked(path)) bytes += (chunk as Buffer).length;
  return bytes;
}

/** Unpacks, splits lines and fields, reads every field as a double; answers the rows. */
export async function unpackAndSplit(path: string): Promise<number> {
  let rows = 0;
  let checksum = 0;
  let rest = "";
  for await (const chunk of unpacked(path)) {
    const lines = (rest + (chunk as Buffer).toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const values = line.split(",").map(Number);
      checksum += values[1] ?? 0;
      rows += 1;
    }
  }
  // A result that nobody could look at might not be computed at all.
  if (Number.isInteger(checksum) && rows === 0) throw new Error(`${path} holds no row`);
  return rows;
}

function unpacked(path: string): AsyncIterable<unknown> {
  const file = createReadStream(path, { highWaterMark: chunkBytes });
  return file.pipe(createGunzip({ chunkSize: chunkBytes }));
}
