import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import type { Line } from "./line-splitter.ts";
import { inspectRecording, readRecording } from "./recording.ts";
import type { Recording } from "./stored-file.ts";

const folder = mkdtempSync(join(tmpdir(), "recording-"));
afterAll(() => rmSync(folder, { recursive: true }));

function stored(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function sound(path: string): Promise<Recording> {
  const recording = await inspectRecording(path);
  if ("kind" in recording) throw new Error(recording.reason);
  return recording;
}

/** All lines of a recording, and the reason where it failed. */
async function readAll(path: string): Promise<{ lines: Line[]; failure: string | undefined }> {
  const lines: Line[] = [];
  for await (const item of readRecording(await sound(path))) {
    if (item.kind === "failed") return { lines, failure: item.reason };
    expect(item.firstLineNumber).toBe(lines.length + 1);
    lines.push(...item.lines);
  }
  return { lines, failure: undefined };
}

/** Text that hardly compresses, so that its gzip file spans many chunks. */
function noise(lines: number): string {
  let state = 1;
  const next = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state;
  };
  return Array.from({ length: lines }, () => `${next()},${next()},${next()}\n`).join("");
}

describe("a recording", () => {
  it("is known as gzip by its first bytes, whatever its name", async () => {
    const compressed = stored("trades.csv", gzipSync("a\nb\n"));
    const plain = stored("trades.csv.gz", "a\nb\n");

    expect(await sound(compressed)).toMatchObject({ compression: "gzip" });
    expect(await sound(plain)).toMatchObject({ compression: "none", sizeBytes: 4 });
    expect((await readAll(compressed)).lines).toEqual(["a", "b"]);
    expect((await readAll(plain)).lines).toEqual(["a", "b"]);
  });

  it("may be several gzip files joined into one", async () => {
    const path = stored("joined.gz", Buffer.concat([gzipSync("a\nb"), gzipSync("c\nd\n")]));

    expect((await readAll(path)).lines).toEqual(["a", "bc", "d"]);
  });

  it("larger than a chunk keeps its line numbers", async () => {
    const text = noise(20_000);
    const path = stored("large.csv.gz", gzipSync(text));

    expect((await readAll(path)).lines).toEqual(text.trimEnd().split("\n"));
  });

  it("tells how many of its bytes were read, up to all of them", async () => {
    const compressed = gzipSync(noise(50_000));
    const bytesRead: number[] = [];

    for await (const item of readRecording(await sound(stored("counted.gz", compressed)))) {
      if (item.kind === "lines") bytesRead.push(item.bytesRead);
    }

    expect(bytesRead).toEqual(bytesRead.toSorted((a, b) => a - b));
    expect(bytesRead.at(-1)).toBe(compressed.length);
    expect(bytesRead[0]).toBeLessThan(compressed.length / 2);
  });
});

describe("a file that cannot be read", () => {
  it.each<[string, () => string, string]>([
    ["is missing", () => join(folder, "nowhere.csv"), "there is no such file"],
    ["is a directory", () => folder, "it is a directory; name the files in it"],
    ["is empty", () => stored("empty.csv", ""), "it is empty"],
    ["is a device", () => "/dev/null", "it is not a regular file"],
    ["is xz", () => stored("a.xz", Buffer.from("fd377a585a00", "hex")), "compressed with xz"],
    ["is bzip2", () => stored("a.bz2", "BZh91AY"), "compressed with bzip2"],
  ])("because it %s is refused before it is played", async (_why, make, reason) => {
    const path = make();

    const result = await inspectRecording(path);

    expect(result).toMatchObject({ kind: "failed" });
    expect(result).toHaveProperty("reason", expect.stringContaining(`cannot read ${path}`));
    expect(result).toHaveProperty("reason", expect.stringContaining(reason));
  });

  it("to the end of its gzip data fails with the line it came to", async () => {
    const compressed = gzipSync(noise(20_000));
    const path = stored("cut.csv.gz", compressed.subarray(0, compressed.length - 4000));

    const { failure } = await readAll(path);

    expect(failure).toContain("its gzip data ends too early; the file is incomplete");
    expect(failure).toMatch(/\(after line \d+\)/);
  });

  it("because its gzip data is damaged fails", async () => {
    const compressed = gzipSync(noise(20_000));
    compressed.fill(0xff, 100_000, 100_200);

    const { failure } = await readAll(stored("damaged.csv.gz", compressed));

    expect(failure).toContain("its gzip data is damaged");
  });

  it("because it vanished after it was looked at fails", async () => {
    const path = stored("vanishing.csv", "a\n");
    const recording = await sound(path);
    rmSync(path);

    const first = await readRecording(recording).next();

    expect(first.value).toEqual({
      kind: "failed",
      reason: expect.stringContaining("there is no such file"),
    });
  });
});
