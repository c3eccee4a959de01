import { expect, it } from "vitest";
import type { Recording } from "../../recordings/stored-file.ts";
import { ImportLines } from "./import-lines.ts";

function output(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, written, write: (text: string) => written.push(text) };
}

const file = (path: string, sizeBytes: number): Recording => ({
  path,
  sizeBytes,
  compression: "none",
});
const [first, second] = [file("a", 100), file("b", 300)];

it("shows on a terminal how far an import is, how fast, and how long it takes, a few times a second", () => {
  let nowMs = 0;
  const terminal = output(true);
  const lines = new ImportLines(terminal, () => nowMs);
  lines.begin([first, second]);

  nowMs = 1_000;
  lines.progress(first, 50, 5_000);
  nowMs = 1_100;
  lines.progress(first, 60, 6_000);
  nowMs = 2_000;
  lines.progress(second, 100, 20_000);
  lines.say("reading b");

  expect(terminal.written).toEqual([
    "\r\x1b[Kimport: file 1 of 2, 5000 rows, 5000 rows/s, 12 %, 7 s left",
    "\r\x1b[Kimport: file 2 of 2, 20000 rows, 10000 rows/s, 50 %, 2 s left",
    "\r\x1b[K",
    "import: reading b\n",
  ]);
});

it("writes plain lines where there is no terminal", () => {
  const plain = output(false);
  const lines = new ImportLines(plain, () => 0);
  lines.begin([first]);
  lines.progress(first, 50, 5_000);
  lines.warn("a:3: skipped");
  lines.end();

  expect(plain.written).toEqual(["import: a:3: skipped\n"]);
});
