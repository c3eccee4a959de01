/**
 * Recognises what is not a text of rows by its first bytes, and says what it is and what would help.
 * It is asked about a file as stored and about what was packed in it.
 */

/** Bytes that have to be seen to tell. */
export const foreignBytes = 512;

/** First bytes of formats that are not read, in hex, with what they are and what to do. */
const signatures: readonly (readonly [start: string, words: string])[] = [
  ["504b0304", "a ZIP archive within another file: unpack it once"],
  ["28b52ffd", "zstd within another file: unpack it once"],
  ["fd377a58", "compressed with xz: unpack it, as with xz -dc FILE | gzip > trades.csv.gz"],
  ["425a68", "compressed with bzip2: unpack it, as with bzip2 -dc FILE | gzip > trades.csv.gz"],
  ["04224d18", "compressed with lz4: unpack it, as with lz4 -dc FILE | gzip > trades.csv.gz"],
  ["377abcaf271c", "a 7z archive: unpack it"],
  ["526172211a07", "a RAR archive: unpack it"],
  ["1f8b", "gzip within gzip or another file: unpack it once"],
  ["50415231", "a Parquet file within another file: unpack it once"],
  ["4152524f5731", "an Arrow (Feather) file: write it as CSV"],
  ["4f5243", "an ORC file: write it as CSV"],
  ["4f626a01", "an Avro file: write it as CSV"],
  ["894844460d0a1a0a", "an HDF5 file: write it as CSV"],
  ["53514c69746520666f726d6174203300", "a SQLite database: write its table as CSV"],
  ["25504446", "a PDF document: there are no rows in it that can be read"],
  ["d0cf11e0a1b11ae1", "an old Excel workbook: save it as CSV"],
];

const utf16 =
  "text in UTF-16: write it in UTF-8, as with iconv -f UTF-16 -t UTF-8 FILE > trades.csv";
const utf32 =
  "text in UTF-32: write it in UTF-8, as with iconv -f UTF-32 -t UTF-8 FILE > trades.csv";

/** Where a tar archive has its name, and the name. */
const tarAt = 257;
const tarName = "ustar";

/** What `bytes`, the first of a file, are, where they are no text of rows; undefined where they may be. */
export function foreignFormat(bytes: Buffer): string | undefined {
  const hex = bytes.toString("hex", 0, foreignBytes);
  const known = signatures.find(([start]) => hex.startsWith(start));
  if (known !== undefined) return known[1];
  if (bytes.toString("latin1", tarAt, tarAt + tarName.length) === tarName) {
    return "a tar archive: unpack it";
  }
  return foreignEncoding(bytes, hex) ?? foreignText(bytes.toString("utf8", 0, foreignBytes));
}

function foreignEncoding(bytes: Buffer, hex: string): string | undefined {
  if (hex.startsWith("fffe0000") || hex.startsWith("0000feff")) return utf32;
  if (hex.startsWith("fffe") || hex.startsWith("feff")) return utf16;
  const seen = bytes.subarray(0, foreignBytes);
  if (!seen.includes(0)) return undefined;
  // ASCII in UTF-16 has a zero in every second byte, all of them on one side.
  const zeros = [0, 0];
  for (const [at, byte] of seen.entries()) if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  const isOneSided = Math.min(...zeros) === 0 && Math.max(...zeros) > seen.length / 4;
  return isOneSided ? utf16 : "not text: it has zero bytes; write its rows as CSV";
}

function foreignText(text: string): string | undefined {
  const start = text.replace(/^\uFEFF?\s*/, "");
  if (/^<(!doctype html|html|head|body)/i.test(start)) {
    return "an HTML page, most likely what a server says instead of the file: fetch it again";
  }
  if (start.startsWith("<")) return "XML: write its rows as CSV";
  if (start.startsWith("[")) {
    return "a JSON array: one object a line is read, as jq -c '.[]' FILE > trades.ndjson makes them, with format ndjson";
  }
  if (/^\{\s*(\n|$)/.test(start)) {
    return "JSON over several lines: one object a line is read, as jq -c makes them, with format ndjson";
  }
  return undefined;
}
