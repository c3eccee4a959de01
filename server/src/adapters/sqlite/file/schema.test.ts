import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { keyStoreSchema, migrate, type Schema } from "./schema.ts";

const createNotes = "CREATE TABLE note (text TEXT) STRICT; INSERT INTO note VALUES ('first')";
const addAuthor = "ALTER TABLE note ADD COLUMN author TEXT NOT NULL DEFAULT 'nobody'";
const failing = "INSERT INTO note (text) VALUES ('second'); SELECT * FROM missing";

/** A store whose tables come about in these steps. */
function notes(steps: readonly string[]): Schema {
  return { applicationId: 1, steps };
}

describe("migrating a store", () => {
  let database: DatabaseSync;
  beforeEach(() => {
    database = new DatabaseSync(":memory:");
  });
  afterEach(() => database.close());

  const version = (): unknown => database.prepare("PRAGMA user_version").get()?.["user_version"];

  it("runs all steps on an empty file", () => {
    migrate(database, "store.db", notes([createNotes, addAuthor]));

    expect(version()).toBe(2);
    expect(database.prepare("SELECT * FROM note").all()).toEqual([
      { text: "first", author: "nobody" },
    ]);
  });

  it("runs only the steps that an older file lacks, and keeps its rows", () => {
    migrate(database, "store.db", notes([createNotes]));
    database.exec("INSERT INTO note VALUES ('kept')");

    migrate(database, "store.db", notes([createNotes, addAuthor]));
    migrate(database, "store.db", notes([createNotes, addAuthor]));

    expect(version()).toBe(2);
    expect(database.prepare("SELECT text FROM note").all()).toEqual([
      { text: "first" },
      { text: "kept" },
    ]);
  });

  it("leaves the file as it was when a step fails", () => {
    migrate(database, "store.db", notes([createNotes]));

    expect(() => migrate(database, "store.db", notes([createNotes, addAuthor, failing]))).toThrow();

    expect(version()).toBe(1);
    expect(database.isTransaction).toBe(false);
    expect(database.prepare("SELECT * FROM note").all()).toEqual([{ text: "first" }]);
  });

  it("refuses a file of a version before the first that can be brought up, and leaves it alone", () => {
    migrate(database, "store.db", notes([createNotes, addAuthor]));

    const later = { ...notes([createNotes]), firstVersion: 3 };
    expect(() => migrate(database, "store.db", later)).toThrow(
      "store.db has schema version 2 and this openbourse begins with 3",
    );
    expect(version()).toBe(2);
  });

  it("counts on from a first version that is not 1", () => {
    const later = (steps: readonly string[]) => ({ ...notes(steps), firstVersion: 3 });
    migrate(database, "store.db", later([createNotes]));
    expect(version()).toBe(3);

    migrate(database, "store.db", later([createNotes, addAuthor]));
    expect(version()).toBe(4);
  });

  it("refuses a file with more steps than are known", () => {
    migrate(database, "store.db", notes([createNotes, addAuthor]));

    expect(() => migrate(database, "store.db", notes([createNotes]))).toThrow(
      "store.db has schema version 2 and this openbourse knows 1",
    );
  });
});

describe("the tables of the key store", () => {
  const hash = "a".repeat(64);
  it.each([
    ["an id that is not the start of its hash", `('bbbbbbbb', '${hash}', 'desk', '', 1, NULL)`],
    ["a short hash", "('aaaaaaaa', 'aaaaaaaa', 'desk', '', 1, NULL)"],
    ["an unknown workspace", `('aaaaaaaa', '${hash}', 'nobody', '', 1, NULL)`],
    ["a time that is no integer", `('aaaaaaaa', '${hash}', 'desk', '', 'now', NULL)`],
  ])("do not take a key with %s", (_, values) => {
    const database = new DatabaseSync(":memory:");
    migrate(database, "keys.db", keyStoreSchema);
    database.exec("INSERT INTO workspace (name, created_at_ms) VALUES ('desk', 1)");
    const columns = "(id, hash, workspace, label, created_at_ms, revoked_at_ms)";

    expect(() => database.exec(`INSERT INTO api_key ${columns} VALUES ${values}`)).toThrow();
    database.close();
  });
});
