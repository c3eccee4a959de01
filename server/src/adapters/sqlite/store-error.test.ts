import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { StoreError, toStoreError } from "./store-error.ts";

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

    expect(toStoreError(raised, "keys.db")).toMatchObject({ fault: "failed", cause: raised });
    database.close();
  });

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
