import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rounds } from "../../../../../test/support/rounds.ts";
import { batchAt } from "../../../ports/command-log.contract.ts";
import type { CommandBatch, LogDamage } from "../../../ports/command-log.ts";
import { StoreError } from "../file/store-error.ts";
import { openCommandLogFile } from "./file.ts";
import { markFileOf, readMark } from "./mark.ts";

let root: string;
let folders = 0;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "openbourse-damaged-log-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function newFile(): string {
  folders += 1;
  mkdirSync(join(root, String(folders)));
  return join(root, String(folders), "commands.db");
}

/** Small batches, and some that need several pages of their own. */
const batches: readonly CommandBatch[] = Array.from({ length: 40 }, (_, index) =>
  batchAt(index * 3 + 1, 3, index % 8 === 5 ? 9_000 : 300),
);
const lastSequence = 120;

/** A log of {@link batches} that was closed. */
function writeLog(file: string): void {
  const log = openCommandLogFile({ file });
  for (const batch of batches) expect(log.append([batch])).toBeUndefined();
  log.close();
}

/** The bytes of a log whose process was killed: everything is in the write-ahead log. */
function writeKilledLog(file: string): void {
  const source = newFile();
  const log = openCommandLogFile({ file: source });
  for (const batch of batches) expect(log.append([batch])).toBeUndefined();
  for (const suffix of ["", "-wal", ".acknowledged"]) copyFileSync(source + suffix, file + suffix);
  log.close();
}

interface Findings {
  readonly refusal: StoreError | undefined;
  readonly damage: LogDamage | undefined;
  readonly batches: readonly CommandBatch[];
}

/** What opening and reading a log finds. What it raises other than a refusal is raised here too. */
function inspect(file: string): Findings {
  try {
    const log = openCommandLogFile({ file });
    try {
      const found = readToEnd(log);
      return { refusal: undefined, batches: found.batches, damage: found.damage ?? log.damage };
    } finally {
      log.close();
    }
  } catch (error) {
    if (error instanceof StoreError) return { refusal: error, damage: undefined, batches: [] };
    throw error;
  }
}

function readToEnd(log: ReturnType<typeof openCommandLogFile>): Omit<Findings, "refusal"> {
  const found: CommandBatch[] = [];
  let at = log.cursorAt(1);
  for (;;) {
    if ("kind" in at) return { batches: found, damage: at };
    const chunk = log.readChunk(at);
    found.push(
      ...chunk.batches.map(({ firstSequence, count, timeUs, payload }) => ({
        firstSequence,
        count,
        timeUs,
        payload,
      })),
    );
    if (chunk.next === undefined) return { batches: found, damage: chunk.damage };
    at = chunk.next;
  }
}

/** Fails unless all that was lost was noticed, and all that was read is what was appended. */
function expectHonest({ refusal, damage, batches: found }: Findings): void {
  if (refusal !== undefined) return;
  const isPrefix = found.every((batch, index) => isSame(batch, batches[index]));
  expect(isPrefix).toBe(true);
  if (damage === undefined) {
    expect(found).toHaveLength(batches.length);
    return;
  }
  const last = found.at(-1);
  expect(damage.sequence).toBe(last === undefined ? 1 : last.firstSequence + last.count);
  expect(damage.message).toContain(`sequence ${damage.sequence}`);
}

function isSame(left: CommandBatch, right: CommandBatch | undefined): boolean {
  return (
    left.firstSequence === right?.firstSequence &&
    left.count === right.count &&
    left.timeUs === right.timeUs &&
    Buffer.compare(left.payload, right.payload) === 0
  );
}

/** Tries a file's bytes in many spoiled forms. */
function forEachSpoiled(
  target: string,
  spoil: (bytes: Buffer) => Iterable<Buffer>,
  check: () => void,
): number {
  const bytes = readFileSync(target);
  let tried = 0;
  for (const spoiled of spoil(bytes)) {
    writeFileSync(target, spoiled);
    check();
    tried += 1;
  }
  return tried;
}

function flips(step: number): (bytes: Buffer) => Iterable<Buffer> {
  return function* (bytes) {
    for (let at = 0; at < bytes.length; at += step) {
      const spoiled = Buffer.from(bytes);
      spoiled[at] = (spoiled[at] ?? 0) ^ (1 << (at % 8));
      yield spoiled;
    }
  };
}

function* truncations(bytes: Buffer): Iterable<Buffer> {
  for (let length = 0; length < bytes.length; length += 1_013) yield bytes.subarray(0, length);
}

/** Runs `check` on copies of a log, each with one of its files spoiled. */
function inspectSpoiled(options: {
  readonly write: (file: string) => void;
  readonly suffix: "" | "-wal" | ".acknowledged";
  readonly spoil: (bytes: Buffer) => Iterable<Buffer>;
  readonly check?: (findings: Findings) => void;
}): number {
  const intact = newFile();
  options.write(intact);
  const file = newFile();
  return forEachSpoiled(intact + options.suffix, options.spoil, () => {
    for (const suffix of ["", "-wal", "-shm", ".acknowledged"]) {
      rmSync(file + suffix, { force: true });
      if (existsSync(intact + suffix)) copyFileSync(intact + suffix, file + suffix);
    }
    (options.check ?? expectHonest)(inspect(file));
  });
}

describe("a command log with damaged bytes", () => {
  it("never gives back a flipped byte of its file as if it were intact", () => {
    expect(
      inspectSpoiled({ write: writeLog, suffix: "", spoil: flips(rounds(401, 101)) }),
    ).toBeGreaterThan(rounds(125, 500));
  });

  it("never hides that its file was cut off", () => {
    inspectSpoiled({ write: writeLog, suffix: "", spoil: truncations });
  });

  it("never gives back a flipped byte of its write-ahead log as if it were intact", () => {
    const write = writeKilledLog;
    expect(
      inspectSpoiled({ write, suffix: "-wal", spoil: flips(rounds(1_999, 499)) }),
    ).toBeGreaterThan(rounds(125, 500));
  });

  it("never hides that its write-ahead log was cut off", () => {
    inspectSpoiled({ write: writeKilledLog, suffix: "-wal", spoil: truncations });
  });

  it("says exactly which batch a flipped byte of a payload belongs to", () => {
    for (const batch of batches.filter((_, index) => index % 4 === 1)) {
      // SQLite keeps the beginning of a payload in one piece.
      const beginning = Buffer.from(batch.payload.subarray(0, 200));
      const check = ({ damage, batches: found }: Findings): void => {
        expect(damage).toMatchObject({ fault: "corrupt", sequence: batch.firstSequence });
        expect(found.every((read) => read.firstSequence < batch.firstSequence)).toBe(true);
      };
      const spoil = (bytes: Buffer): Buffer[] => {
        // SQLite may have moved it and left a copy behind, so each copy is spoiled.
        let place = bytes.indexOf(beginning);
        expect(place).toBeGreaterThan(0);
        for (; place >= 0; place = bytes.indexOf(beginning, place)) {
          bytes.writeUInt8(bytes.readUInt8(place + 100) ^ 1, place + 100);
        }
        return [bytes];
      };
      inspectSpoiled({ write: writeLog, suffix: "", spoil, check });
    }
  });

  it("cannot say where it ends when its mark is damaged, and says so", () => {
    const check = ({ damage, batches: found }: Findings): void => {
      expect(damage).toMatchObject({ fault: "unknown-end", sequence: lastSequence + 1 });
      expect(damage?.message).toContain("commands.db.acknowledged");
      expect(found).toHaveLength(batches.length);
    };

    inspectSpoiled({ write: writeLog, suffix: ".acknowledged", spoil: flips(7), check });
    const cut = (bytes: Buffer): Buffer[] => [bytes.subarray(0, 0), bytes.subarray(0, 20)];
    inspectSpoiled({ write: writeLog, suffix: ".acknowledged", spoil: cut, check });
  });
});

/** Changes the tables of a closed log behind its back. */
function tamper(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

const swapContents = `
  CREATE TEMP TABLE kept AS SELECT * FROM batch WHERE first_sequence IN (31, 61);
  UPDATE batch SET (payload, checksum, time_us) = (
    SELECT payload, checksum, time_us FROM kept WHERE kept.first_sequence = 92 - batch.first_sequence
  ) WHERE first_sequence IN (31, 61)`;

const tamperings: readonly [string, string, LogDamage["fault"], number][] = [
  ["the first batch is deleted", "DELETE FROM batch WHERE first_sequence = 1", "missing", 1],
  ["a batch is deleted", "DELETE FROM batch WHERE first_sequence = 61", "missing", 61],
  [
    "a stretch is deleted",
    "DELETE FROM batch WHERE first_sequence BETWEEN 31 AND 88",
    "missing",
    31,
  ],
  ["all but the last are deleted", "DELETE FROM batch WHERE first_sequence < 118", "missing", 1],
  ["the last batch is deleted", "DELETE FROM batch WHERE first_sequence = 118", "lost-end", 118],
  ["the second half is deleted", "DELETE FROM batch WHERE first_sequence > 60", "lost-end", 61],
  ["every batch is deleted", "DELETE FROM batch", "lost-end", 1],
  ["two batches are swapped", swapContents, "corrupt", 31],
  ["a time is changed", "UPDATE batch SET time_us = 1 WHERE first_sequence = 61", "corrupt", 61],
  ["a count is changed", "UPDATE batch SET count = 2 WHERE first_sequence = 61", "corrupt", 61],
  [
    "a checksum is changed",
    "UPDATE batch SET checksum = 0 WHERE first_sequence = 61",
    "corrupt",
    61,
  ],
  [
    "the last checksum is changed",
    "UPDATE batch SET checksum = 0 WHERE first_sequence = 118",
    "corrupt",
    118,
  ],
  [
    "a payload is emptied",
    "UPDATE batch SET payload = x'' WHERE first_sequence = 61",
    "corrupt",
    61,
  ],
  ["a count is nonsense", "UPDATE batch SET count = -1 WHERE first_sequence = 61", "corrupt", 61],
  [
    "the last count is nonsense",
    "UPDATE batch SET count = 0 WHERE first_sequence = 118",
    "corrupt",
    118,
  ],
  [
    "a number is out of range",
    "UPDATE batch SET time_us = 9223372036854775807 WHERE first_sequence = 61",
    "unreadable",
    61,
  ],
  [
    "a batch is moved",
    "UPDATE batch SET first_sequence = 62 WHERE first_sequence = 61",
    "missing",
    61,
  ],
  [
    "a batch is forged at the end",
    "INSERT INTO batch VALUES (121, 1, 1, 1, x'00')",
    "corrupt",
    121,
  ],
  [
    "a batch is forged far away",
    "INSERT INTO batch VALUES (9007199254740991, 1, 1, 1, x'00')",
    "missing",
    121,
  ],
  ["the epoch is replaced", `UPDATE log SET epoch = '${"a".repeat(32)}'`, "corrupt", 1],
];

describe("a command log with changed rows", () => {
  it.each(tamperings)("notices and locates it when %s", (_, sql, fault, sequence) => {
    const file = newFile();
    writeLog(file);
    tamper(file, sql);

    const { damage, batches: found } = inspect(file);

    expect(damage).toMatchObject({ fault, sequence });
    expect(found.every((batch, index) => isSame(batch, batches[index]))).toBe(true);
    expect(damage?.message).toContain(file);
  });

  it("notices a batch of another log in its place", () => {
    const [file, other] = [newFile(), newFile()];
    writeLog(file);
    writeLog(other);
    tamper(
      file,
      `
      ATTACH '${other}' AS other;
      UPDATE batch SET checksum = (
        SELECT checksum FROM other.batch AS theirs WHERE theirs.first_sequence = batch.first_sequence
      ) WHERE first_sequence = 1`,
    );

    expect(inspect(file).damage).toMatchObject({ fault: "corrupt", sequence: 1 });
  });

  it("notices that the file was deleted and the mark was not", () => {
    const file = newFile();
    writeLog(file);
    rmSync(file);

    const lost = expect.objectContaining({ fault: "lost-log" });
    expect(() => openCommandLogFile({ file })).toThrow(lost);
    expect(() => openCommandLogFile({ file })).toThrow(lost);
  });

  it("accepts its end when the mark is deleted, and makes a new one", () => {
    const file = newFile();
    writeLog(file);
    tamper(file, "DELETE FROM batch WHERE first_sequence = 118");
    rmSync(markFileOf(file));

    const { damage, batches: found } = inspect(file);

    expect(damage).toBeUndefined();
    expect(found).toHaveLength(batches.length - 1);
    expect(readMark(markFileOf(file))).toMatchObject({ sequence: 117 });
  });

  it("leaves the mark of a damaged log as it is, so that the next start notices too", () => {
    const file = newFile();
    writeLog(file);
    tamper(file, "DELETE FROM batch WHERE first_sequence > 60");

    expect(inspect(file).damage?.fault).toBe("lost-end");
    expect(inspect(file).damage?.fault).toBe("lost-end");
  });

  it("can still be read before and after a damaged place", () => {
    const file = newFile();
    writeLog(file);
    tamper(file, "UPDATE batch SET payload = x'' WHERE first_sequence = 61");

    const log = openCommandLogFile({ file });
    const cursor = log.cursorAt(64);

    expect("kind" in cursor).toBe(false);
    if (!("kind" in cursor)) expect(log.readChunk(cursor).batches.at(-1)?.firstSequence).toBe(118);
    log.close();
  });
});
