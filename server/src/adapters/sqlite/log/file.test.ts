import { cpSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { batchAt, batchesOf } from "../../../ports/command-log.contract.ts";
import { type CommandLogFile, openCommandLogFile } from "./file.ts";
import { markFileOf, openMark, readMark } from "./mark.ts";

let root: string;
let file: string;
let log: CommandLogFile;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "openbourse-log-file-"));
  file = join(root, "commands.db");
  log = openCommandLogFile({ file });
});
afterEach(() => {
  log.close();
  rmSync(root, { recursive: true, force: true });
});

function reopen(fileBytesMax?: number): CommandLogFile {
  log.close();
  log = openCommandLogFile({ file, fileBytesMax });
  return log;
}

describe("the command log's file", () => {
  it("stores all of a group or nothing of it", () => {
    expect(() => log.append([batchAt(1), batchAt(3)])).toThrow("batches follow each other");

    expect(log.lastSequence).toBe(0);
    expect(log.append(batchesOf([1, 1]))).toBeUndefined();
    expect(reopen().lastSequence).toBe(2);
  });

  it("refuses everything after a failure, even what would find room", () => {
    reopen(40_000);
    const failure = log.append([batchAt(1, 1, 100_000)]);

    expect(failure).toMatchObject({ kind: "failure", fault: "disk-full" });
    expect(failure?.message).toContain(file);
    expect(log.append([batchAt(1, 1, 10)])).toBe(failure);
    expect(log.settle()).toBe(failure);
    expect(log.lastSequence).toBe(0);
    expect(reopen().append([batchAt(1, 1, 10)])).toBeUndefined();
  });

  it("keeps its write-ahead log short", () => {
    const bytes = 100_000;
    for (let sequence = 1; sequence <= 100; sequence += 1) {
      expect(log.append([batchAt(sequence, 1, bytes)])).toBeUndefined();
      expect(log.settle()).toBeUndefined();
    }

    expect(statSync(`${file}-wal`).size).toBeLessThan(3_000_000);
    expect(statSync(file).size).toBeGreaterThan(90 * bytes);
  });

  it("moves small batches out of its write-ahead log too", () => {
    for (let sequence = 1; sequence <= 500; sequence += 1) {
      expect(log.append([batchAt(sequence)])).toBeUndefined();
      expect(log.settle()).toBeUndefined();
    }

    expect(statSync(`${file}-wal`).size).toBeLessThan(3_000_000);
  });

  it("may be closed twice", () => {
    log.close();

    expect(() => log.close()).not.toThrow();
  });
});

describe("the mark of a command log", () => {
  it("is a line that a person can read, up to date after each append", () => {
    log.append(batchesOf([3, 4]));

    const text = readFileSync(markFileOf(file), "latin1");

    expect(text).toMatch(/^openbourse-log [0-9a-f]{32} 0{15}7 [0-9a-f]{8}\n$/);
    expect(readMark(markFileOf(file))).toEqual({ epoch: log.epoch, sequence: 7 });
  });

  it("may lag behind, as after a loss of power, and catches up", () => {
    log.append([batchAt(1)]);
    const behind = join(root, "behind");
    cpSync(markFileOf(file), behind);
    log.append([batchAt(2)]);
    log.close();
    cpSync(behind, markFileOf(file));

    expect(reopen().damage).toBeUndefined();

    expect(log.lastSequence).toBe(2);
    expect(readMark(markFileOf(file))).toMatchObject({ sequence: 2 });
  });

  it("of another log is no obstacle when that log was never used", () => {
    const mark = openMark(markFileOf(file), { epoch: "f".repeat(32), sequence: 0 });
    mark.close();

    expect(reopen().damage).toBeUndefined();
    expect(readMark(markFileOf(file))).toEqual({ epoch: log.epoch, sequence: 0 });
  });

  it("holds every safe integer", () => {
    const mark = { epoch: "f".repeat(32), sequence: Number.MAX_SAFE_INTEGER };
    const path = join(root, "mark");
    openMark(path, mark).close();

    expect(readMark(path)).toEqual(mark);
  });
});
