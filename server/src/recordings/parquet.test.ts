import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, describe, expect, it } from "vitest";
import { openParquet } from "./parquet.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-parquet-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Rows of a file that are handed over at once. */
const blockRows = 1_024;

function stored(name: string, count: number): string {
  const path = join(folder, name);
  const data = Array.from({ length: count }, (_, at) => at);
  const content = parquetWriteBuffer({ columnData: [{ name, data, type: "INT32" }] });
  writeFileSync(path, Buffer.from(content));
  return path;
}

const open = (path: string) => {
  const opened = openParquet(path, 1_000);
  return { ...opened, chunks: opened.chunks[Symbol.asyncIterator]() };
};

async function linesOf({ chunks }: ReturnType<typeof open>): Promise<readonly string[]> {
  let text = "";
  for (let next = await chunks.next(); next.done !== true; next = await chunks.next())
    text += String(next.value);
  return text.trimEnd().split("\n");
}

const numbers = (count: number) => Array.from({ length: count }, (_, at) => String(at));

describe("Parquet files that are read at the same time", () => {
  it("are each read to their end, and one that is let go or damaged hinders no other", async () => {
    const one = open(stored("one", 3 * blockRows));
    const two = open(stored("two", 3 * blockRows));
    const wrong = join(folder, "wrong");
    writeFileSync(wrong, "PAR1, and nothing of the kind".repeat(9));
    const damaged = open(wrong);
    for (const { chunks } of [one, two]) await chunks.next();
    await expect(damaged.chunks.next()).rejects.toThrow();
    two.close();
    expect(await two.chunks.next()).toMatchObject({ done: true });

    const [others, again] = await Promise.all([linesOf(one), linesOf(open(stored("two", 5)))]);

    expect(others).toEqual(numbers(3 * blockRows));
    expect(one.bytesRead()).toBe(1_000);
    expect(again).toEqual(["two", ...numbers(5)]);
  });

  it("tell who waits for more of one that is let go", async () => {
    const one = open(stored("one", 3 * blockRows));
    await one.chunks.next();
    const waiting = one.chunks.next();
    one.close();
    expect(await waiting).toMatchObject({ done: true });
  });
});
