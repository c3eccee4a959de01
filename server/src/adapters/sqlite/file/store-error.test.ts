import { copyFileSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe, expect, it } from "vitest";
import { mountSmallDisk, smallDiskMissing } from "../../../../../test/support/small-disk.ts";
import { StoreError, toStorageFailure, toStoreError } from "./store-error.ts";

/** What `work` raises. */
function errorOf(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was raised");
}

describe("an error of the store", () => {
  it("says that another process holds the lock", () => {
    const folder = mkdtempSync(join(tmpdir(), "openbourse-busy-"));
    const holder = new DatabaseSync(join(folder, "keys.db"));
    const other = new DatabaseSync(join(folder, "keys.db"), { timeout: 0 });
    holder.exec("BEGIN IMMEDIATE");

    const error = toStoreError(
      errorOf(() => other.exec("BEGIN IMMEDIATE")),
      "keys.db",
    );

    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ fault: "busy", message: expect.stringContaining("keys.db") });
    holder.close();
    other.close();
    rmSync(folder, { recursive: true });
  });

  it("says that writing failed when there is no room", () => {
    const database = new DatabaseSync(":memory:");
    database.exec("CREATE TABLE note (text TEXT); PRAGMA max_page_count = 2");

    const raised = errorOf(() => database.exec("INSERT INTO note VALUES (zeroblob(100000))"));

    expect(toStoreError(raised, "keys.db")).toMatchObject({
      fault: "failed",
      message: "cannot use keys.db: the disk is full (database or disk is full); make room on it",
      cause: raised,
    });
    database.close();
  });

  const disk = mountSmallDisk(200);
  afterAll(() => disk?.remove());
  it.skipIf(disk === undefined)(
    `says so too when there is none for what SQLite lays beside a file (or ${smallDiskMissing})`,
    () => {
      const folder = mkdtempSync(join(tmpdir(), "openbourse-room-"));
      const file = join(folder, "keys.db");
      const { folder: small } = disk!;
      const left = new DatabaseSync(file);
      left.exec("PRAGMA journal_mode = WAL; CREATE TABLE note (text TEXT)");
      for (const part of ["", "-wal"]) copyFileSync(file + part, join(small, `keys.db${part}`));
      const { bavail, bsize } = statfsSync(small);
      writeFileSync(join(small, "ballast"), Buffer.alloc((bavail - 1) * bsize));
      const opened = new DatabaseSync(join(small, "keys.db"));

      const raised = errorOf(() => opened.exec("SELECT * FROM note"));

      expect((raised as Error).message).toBe("disk I/O error");
      expect(toStoreError(raised, "keys.db")).toMatchObject({
        message: "cannot use keys.db: the disk is full (disk I/O error); make room on it",
      });
      opened.close();
      left.close();
      rmSync(folder, { recursive: true });
    },
  );

  it("leaves bugs of the caller alone", () => {
    const database = new DatabaseSync(":memory:");
    database.exec("CREATE TABLE note (text TEXT NOT NULL)");
    const bugs = [
      errorOf(() => database.exec("INSERT INTO note VALUES (NULL)")),
      new TypeError("not a function"),
      "not even an error",
    ];

    for (const bug of bugs) expect(toStoreError(bug, "keys.db")).toBe(bug);
    database.close();
  });
});

describe("a failure to write a store", () => {
  const writable = "make the file and its folder writable for this user";
  it.each([
    ["ENOSPC", "disk-full", "make room on the disk"],
    ["EDQUOT", "disk-full", "make room on the disk"],
    ["EFBIG", "disk-full", "make room on the disk"],
    ["EROFS", "read-only", writable],
    ["EACCES", "read-only", writable],
    ["EPERM", "read-only", writable],
    ["EIO", "failed", "check the disk"],
  ])("tells the system's %s apart as %s, with the remedy", (code, fault, remedy) => {
    const error = Object.assign(new Error(`${code}: no luck`), { code, syscall: "write" });

    const failure = toStorageFailure(error, "commands.db");

    expect(failure).toMatchObject({ kind: "failure", fault });
    expect(failure?.message).toBe(`cannot write commands.db: ${code}: no luck; ${remedy}`);
  });

  it("tells a full and a read-only database apart", () => {
    const folder = mkdtempSync(join(tmpdir(), "openbourse-read-only-"));
    const writable = new DatabaseSync(join(folder, "keys.db"));
    writable.exec("CREATE TABLE note (text TEXT); PRAGMA max_page_count = 2");
    const readOnly = new DatabaseSync(join(folder, "keys.db"), { readOnly: true });

    const full = errorOf(() => writable.exec("INSERT INTO note VALUES (zeroblob(100000))"));
    const locked = errorOf(() => readOnly.exec("INSERT INTO note VALUES ('')"));

    expect(toStorageFailure(full, "keys.db")).toMatchObject({ fault: "disk-full" });
    expect(toStorageFailure(locked, "keys.db")).toMatchObject({ fault: "read-only" });
    writable.close();
    readOnly.close();
    rmSync(folder, { recursive: true });
  });

  it("leaves bugs of the caller alone", () => {
    const database = new DatabaseSync(":memory:");
    database.exec("CREATE TABLE note (text TEXT NOT NULL)");
    const broken = errorOf(() => database.exec("INSERT INTO note VALUES (NULL)"));

    for (const bug of [broken, new TypeError("not a function"), "not even an error"]) {
      expect(toStorageFailure(bug, "keys.db")).toBeUndefined();
    }
    database.close();
  });
});
