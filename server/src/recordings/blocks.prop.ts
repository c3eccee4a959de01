import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { blocksOf, packBlock } from "./blocks.ts";
import { inspectRecording, readRecording } from "./recording.ts";

const folder = mkdtempSync(join(tmpdir(), "blocks-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, "file.ndjson.zst");

/** What reading a file gives: its lines, what of it is told to be missing, and why it failed. */
async function read(content: Buffer) {
  writeFileSync(path, content);
  const recording = await inspectRecording(path);
  if ("kind" in recording) return { lines: [], faults: [], failure: recording.reason };
  const lines: string[] = [];
  const faults: string[] = [];
  let failure: string | undefined;
  for await (const block of readRecording(recording)) {
    if (block.kind === "failed") failure = block.reason;
    else {
      lines.push(...block.lines.map((line) => line ?? ""));
      faults.push(...(block.faults ?? []));
    }
  }
  return { lines, faults, failure };
}

const texts = fc.array(
  fc.array(
    fc.string({ minLength: 1, maxLength: 40 }).map((text) => JSON.stringify(text)),
    {
      minLength: 1,
      maxLength: 30,
    },
  ),
  { minLength: 1, maxLength: 5 },
);

async function fileOf(blocks: readonly (readonly string[])[]) {
  const parts: Buffer[] = [];
  for (const [at, lines] of blocks.entries()) {
    const text = lines.map((line) => `${line}\n`).join("");
    parts.push(await packBlock(text, { fromUs: at * 10, toUs: at * 10 + 9, lines: lines.length }));
  }
  return { content: Buffer.concat(parts), sizes: parts.map(({ length }) => length) };
}

describe("a file of blocks", () => {
  it("has an index of its blocks' times, lines and places", async () => {
    const { content, sizes } = await fileOf([['"a"', '"b"'], ['"c"']]);
    writeFileSync(path, content);
    const { blocks } = await blocksOf(path);

    expect(blocks).toMatchObject([
      { fromUs: 0, toUs: 9, lines: 2 },
      { fromUs: 10, toUs: 19, lines: 1 },
    ]);
    const [, second] = blocks;
    expect(second!.offset + second!.bytes).toBe(sizes[0]! + sizes[1]!);
    const packed = readFileSync(path).subarray(second!.offset, second!.offset + second!.bytes);
    expect(String(zstdDecompressSync(packed))).toBe('"c"\n');
  });

  it("that is cut off anywhere is read to its last whole block, and says so", async () => {
    const property = fc.asyncProperty(texts, fc.nat({ max: 10_000 }), async (blocks, cut) => {
      const { content, sizes } = await fileOf(blocks);
      const end = 4 + (cut % (content.length - 3));
      let whole = 0;
      let at = 0;
      while (whole < sizes.length && at + sizes[whole]! <= end) {
        at += sizes[whole]!;
        whole += 1;
      }

      const { lines, faults, failure } = await read(content.subarray(0, end));

      expect(failure).toBeUndefined();
      expect(lines).toEqual(blocks.slice(0, whole).flat());
      expect(faults).toEqual(
        at === end ? [] : [expect.stringContaining("read to the last whole one")],
      );
    });
    await fc.assert(property, { numRuns: 60 });
  });

  it("with one changed byte never has other lines: those of one block are missing, and told", async () => {
    const property = fc.asyncProperty(
      texts,
      fc.nat({ max: 10_000 }),
      fc.integer({ min: 1, max: 255 }),
      async (blocks, place, change) => {
        const { content } = await fileOf(blocks);
        const at = place % content.length;
        content[at] = content[at]! ^ change;

        const { lines, faults, failure } = await read(content);

        expect(faults.length + (failure === undefined ? 0 : 1)).toBeGreaterThan(0);
        const isSubset = (found: readonly string[], missing: number) =>
          JSON.stringify(found) === JSON.stringify(blocks.filter((_, n) => n !== missing).flat());
        const isPrefix = blocks.some((_, n) => {
          return JSON.stringify(lines) === JSON.stringify(blocks.slice(0, n).flat());
        });
        expect(isPrefix || blocks.some((_, missing) => isSubset(lines, missing))).toBe(true);
      },
    );
    await fc.assert(property, { numRuns: 120 });
  });
});
