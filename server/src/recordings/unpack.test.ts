import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { deflateRawSync, gzipSync, zstdCompressSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, describe, expect, it } from "vitest";
import type { Line } from "./line-splitter.ts";
import { inspectRecording, readRecording } from "./recording.ts";
import type { Recording } from "./stored-file.ts";
import { zipOf } from "./zip.fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "unpack-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function stored(content: Buffer): string {
  files += 1;
  const path = join(folder, `file-${files}`);
  writeFileSync(path, content);
  return path;
}

async function linesOf(recording: Recording): Promise<{ lines: Line[]; failure?: string }> {
  const lines: Line[] = [];
  for await (const item of readRecording(recording)) {
    if (item.kind === "failed") return { lines, failure: item.reason };
    lines.push(...item.lines);
  }
  return { lines };
}

async function read(content: Buffer): Promise<{ lines: Line[]; failure?: string }> {
  const recording = await inspectRecording(stored(content));
  return "kind" in recording ? { lines: [], failure: recording.reason } : linesOf(recording);
}

/** Text of many chunks that hardly compresses. */
const long = Array.from({ length: 30_000 }, (_, at) => String((at * 48_271) % 2_147_483_647));
const longText = Buffer.from(long.join("\n"));

describe("what is in a recording", () => {
  it.each<[string, (text: Buffer) => Buffer]>([
    ["gzip", gzipSync],
    ["zstd", (text) => zstdCompressSync(text)],
    ["a ZIP archive", (text) => zipOf([["trades.csv", text]])],
    ["a ZIP archive that does not compress", (text) => zipOf([["trades.csv", text]], "stored")],
    [
      "a ZIP archive with notes beside the file",
      (text) =>
        zipOf([
          ["data/", Buffer.alloc(0)],
          ["__MACOSX/._trades.csv", Buffer.from("x")],
          ["data/trades.csv", text],
          ["trades.zip.CHECKSUM", Buffer.from("y")],
        ]),
    ],
  ])("is read from %s", async (_, pack) => {
    expect(await read(pack(Buffer.from("a\nb\n")))).toEqual({ lines: ["a", "b"] });
    expect(await read(pack(longText))).toEqual({ lines: long });
  });

  it("is read from zstd frames that were joined into one file", async () => {
    const frames = [longText, Buffer.from("\nb"), Buffer.from("c\n")].map((text) =>
      zstdCompressSync(text),
    );

    expect(await read(Buffer.concat(frames))).toEqual({ lines: [...long, "bc"] });
  });

  it.each<[string, Recording["compression"], (text: Buffer) => Buffer]>([
    ["plain", "none", (text) => text],
    ["gzip", "gzip", gzipSync],
    ["zstd", "zstd", (text) => zstdCompressSync(text)],
  ])("is read from a stream of %s", async (_, compression, pack) => {
    const input = Readable.from([pack(longText)]);

    expect(await linesOf({ path: "standard input", sizeBytes: 0, compression, input })).toEqual({
      lines: long,
    });
  });

  it("is read from Parquet with every digit, and structs by their paths", async () => {
    const content = parquetWriteBuffer({
      codec: "UNCOMPRESSED",
      columnData: [
        { name: "id", data: [1n, 9_007_199_254_740_993n, -5n], type: "INT64" },
        { name: "price", data: [61_837.63, 1e-7, 5e21], type: "DOUBLE" },
        { name: "text", data: ["a,b", 'c"d', undefined], type: "STRING", nullable: true },
        { name: "at", data: [new Date(0), new Date(-1), new Date(1.7e12)], type: "TIMESTAMP" },
        { name: "maker", data: [true, false, true], type: "BOOLEAN" },
        { name: "small", data: [0.1, 1.5, 3e10], type: "FLOAT" },
      ],
    });

    expect((await read(Buffer.from(content))).lines).toEqual([
      "id,price,text,at,maker,small",
      '1,61837.63,"a,b",1970-01-01T00:00:00.000Z,true,0.1',
      '9007199254740993,1e-7,"c""d",1969-12-31T23:59:59.999Z,false,1.5',
      "-5,5e+21,,2023-11-14T22:13:20.000Z,true,30000000000",
    ]);
  });

  it("is read from Parquet that is packed with LZ4", async () => {
    const content = parquetWriteBuffer({
      codec: "LZ4_RAW",
      compressors: { LZ4_RAW: asLz4 },
      columnData: [{ name: "price", data: [1, 2, 3], type: "INT32" }],
    });

    expect((await read(Buffer.from(content))).lines).toEqual(["price", "1", "2", "3"]);
  });

  it("is read from decimals of Parquet exactly, whatever they are stored as", async () => {
    const decimal = (name: string, type: "INT32" | "INT64") => ({
      name,
      type,
      repetition_type: "REQUIRED" as const,
      converted_type: "DECIMAL" as const,
      scale: 3,
      precision: 18,
    });
    const content = parquetWriteBuffer({
      schema: [
        { name: "root", num_children: 2 },
        decimal("price", "INT64"),
        decimal("quantity", "INT32"),
      ],
      columnData: [
        { name: "price", data: [123_456_789_012_345_678n, -1n] },
        { name: "quantity", data: [1.5, 0.007] },
      ],
    });

    expect((await read(Buffer.from(content))).lines).toEqual([
      "price,quantity",
      "123456789012345.678,1.500",
      "-0.001,0.007",
    ]);
  });
});

/** A block of LZ4 with literals alone. */
function asLz4(bytes: Uint8Array): Uint8Array {
  const more = bytes.length - 15;
  const head =
    more < 0
      ? [bytes.length << 4]
      : [0xf0, ...Array.from({ length: Math.floor(more / 255) }, () => 255), more % 255];
  return Buffer.concat([Buffer.from(head), bytes]);
}

describe("what cannot be unpacked", () => {
  const two = zipOf([
    ["a.csv", Buffer.from("a")],
    ["b.csv", Buffer.from("b")],
  ]);
  const cut = (content: Buffer) => content.subarray(0, content.length - 40);
  const spoiled = (content: Buffer) => {
    const copy = Buffer.from(content);
    copy.fill(0x55, Math.floor(copy.length / 2), Math.floor(copy.length / 2) + 64);
    return copy;
  };
  const wrongSum = zipOf([["a.csv", Buffer.from("a\nb\n")]], "wrong-checksum");
  const lzo = Buffer.from(
    parquetWriteBuffer({
      codec: "LZO",
      compressors: { LZO: (bytes) => bytes },
      columnData: [{ name: "a", data: [1], type: "INT32" }],
    }),
  );
  const parquet = Buffer.from(
    parquetWriteBuffer({ columnData: [{ name: "a", data: [1, 2, 3], type: "INT32" }] }),
  );

  it.each<[string, Buffer, string]>([
    ["an archive of two files", two, "it is a ZIP archive of 2 files (a.csv, b.csv): one is read"],
    ["an archive of none", zipOf([]), "it is a ZIP archive without a file"],
    ["an archive that is cut off", cut(zipOf([["a.csv", longText]])), "damaged or cut off"],
    ["an archive that is spoiled", spoiled(zipOf([["a.csv", longText]])), "its ZIP"],
    ["an archive of another checksum", wrongSum, "its checksum is another one"],
    ["an archive with a password", zipOf([["a.csv", longText]], "encrypted"), "with a password"],
    ["zstd that is cut off", cut(zstdCompressSync(longText)), "its zstd data ends too early"],
    ["zstd that is spoiled", spoiled(zstdCompressSync(longText)), "its zstd data is damaged"],
    ["zstd with something behind", Buffer.concat([zstdCompressSync("a"), parquet]), "its zstd"],
    ["Parquet that is cut off", cut(parquet), "its Parquet data cannot be read"],
    [
      "Parquet of another codec",
      lzo,
      "packed as LZO, and Parquet is read with UNCOMPRESSED, SNAPPY, GZIP, BROTLI, ZSTD, LZ4_RAW, LZ4",
    ],
    ["an archive of an archive", zipOf([["a.zip", two]]), "a ZIP archive within another file"],
  ])("is refused in words: %s", async (_, content, words) => {
    const { failure } = await read(content);

    expect(failure).toContain(words);
    expect(failure).toContain(`cannot read ${join(folder, `file-${files}`)}: `);
  });

  it("is a bomb: it unpacks to hundreds of times its size and is not read to its end", async () => {
    const bytes = 40_000_000;
    const bomb = deflateRawSync(Buffer.alloc(bytes, "1"));
    const { failure } = await read(zipOf([["a.csv", bomb, bytes]], "packed"));

    expect(failure).toContain("it unpacks to more than 500 times its size, as no recording does");
  });
});
