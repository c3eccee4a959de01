/**
 * Reads the one file of a ZIP archive, as venues publish their history. The archive is read where that
 * file lies in it and unpacked as it is taken. Archives of several files are not guessed at.
 */
import { crc32 } from "node:zlib";
import type { Entry, ZipFile } from "yauzl";
import { UnpackError, type Unpacked } from "./stored-file.ts";

/** Most entries of an archive that are looked at, folders and notes included. */
const entriesMax = 1_000;

/** Names of an archive's files that are told where there are several. */
const namesMax = 3;

/** What some programs put beside the files that they were told to pack. */
const besides = /(^|\/)(__MACOSX\/|\.)|\/$|\.CHECKSUM$/;

/** Opens the file in an archive; an `UnpackError` says why there is none to read. */
export async function openZip(path: string, sizeBytes: number): Promise<Unpacked> {
  const yauzl = await import("yauzl");
  const archive = await yauzl
    .openPromise(path, { lazyEntries: true, autoClose: false })
    .catch((error: Error) => Promise.reject(damaged(error.message)));
  try {
    const entry = await onlyFile(archive);
    const stream = await archive.openReadStreamPromise(entry);
    let unpacked = 0;
    return {
      chunks: {
        async *[Symbol.asyncIterator]() {
          let sum = 0;
          try {
            for await (const chunk of stream) {
              unpacked += (chunk as Buffer).length;
              sum = crc32(chunk as Buffer, sum);
              yield chunk as Buffer;
            }
          } catch (error) {
            throw damaged((error as Error).message);
          }
          if (sum !== entry.crc32) throw damaged("its checksum is another one");
        },
      },
      bytesRead: () => Math.floor(sizeBytes * (unpacked / Math.max(1, entry.uncompressedSize))),
      close() {
        stream.destroy();
        archive.close();
      },
    };
  } catch (error) {
    archive.close();
    throw error;
  }
}

async function onlyFile(archive: ZipFile): Promise<Entry> {
  if (archive.entryCount > entriesMax) throw new UnpackError(severalFiles(archive.entryCount, []));
  const files: Entry[] = [];
  try {
    for await (const entry of archive.eachEntry()) {
      if (!besides.test(entry.fileName)) files.push(entry);
    }
  } catch (error) {
    throw damaged((error as Error).message);
  }
  const [file] = files;
  if (file === undefined) throw new UnpackError("it is a ZIP archive without a file");
  if (files.length > 1) {
    const names = files.slice(0, namesMax).map(({ fileName }) => fileName);
    throw new UnpackError(severalFiles(files.length, names));
  }
  if (file.isEncrypted()) {
    throw new UnpackError("it is a ZIP archive with a password: unpack it, as with unzip");
  }
  if (!file.canDecodeFileData()) {
    throw new UnpackError("its ZIP archive is packed in an uncommon way: unpack it, as with unzip");
  }
  return file;
}

function severalFiles(count: number, names: readonly string[]): string {
  const some =
    names.length === 0 ? "" : ` (${names.join(", ")}${count > names.length ? " …" : ""})`;
  return `it is a ZIP archive of ${count} files${some}: one is read, so unpack it into a folder, as with unzip`;
}

function damaged(words: string): UnpackError {
  return new UnpackError(`its ZIP archive is damaged or cut off (${words}); fetch it again`);
}
