/** Makes small ZIP archives, sound ones and such as are not. */
import { crc32, deflateRawSync } from "node:zlib";

type Manner = "deflated" | "stored" | "encrypted" | "wrong-checksum" | "packed";

/** An archive of files; with `packed` their contents are deflated already, and their sizes are given. */
export function zipOf(
  files: readonly (readonly [name: string, content: Buffer, size?: number])[],
  manner: Manner = "deflated",
): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, content, size = content.length] of files) {
    const isDeflated = manner !== "stored" && content.length > 0;
    const data = isDeflated && manner !== "packed" ? deflateRawSync(content) : content;
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt16LE(manner === "encrypted" ? 1 : 0, 2);
    head.writeUInt16LE(isDeflated ? 8 : 0, 4);
    head.writeUInt32LE(manner === "wrong-checksum" ? 1 : crc32(content), 10);
    head.writeUInt32LE(data.length, 14);
    head.writeUInt32LE(size, 18);
    head.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from("504b0304", "hex"), head, Buffer.from(name), data]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    directory.push(
      Buffer.concat([Buffer.from("504b01021400", "hex"), head, place, Buffer.from(name)]),
    );
    parts.push(local);
    at += local.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("504b0506", 0, "hex");
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, listed, end]);
}
