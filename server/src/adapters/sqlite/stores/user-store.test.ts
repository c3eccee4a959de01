import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { userRecord, userStoreContract } from "../../../ports/user-store.contract.ts";
import { migrate, userStoreSchema } from "../file/schema.ts";
import { openKeyStore } from "./key-store.ts";
import { inMemory } from "./shared-database.ts";
import { openUserStore } from "./user-store.ts";

let root: string;
let files = 0;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "openbourse-user-store-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A file in a folder that nobody else uses; neither exists. */
function newFile(): string {
  files += 1;
  return join(root, String(files), "users.db");
}

userStoreContract("SQLite in memory", () => openUserStore(inMemory));
userStoreContract("SQLite on disk", () => openUserStore(newFile()));

describe("the file of a user store", () => {
  it("is made with its folder, for its owner only", () => {
    const file = newFile();

    const store = openUserStore(file);
    store.add(userRecord("1"));

    const modes = [join(file, ".."), file, `${file}-wal`].map(
      (path) => statSync(path).mode & 0o777,
    );
    expect(modes).toEqual([0o700, 0o600, 0o600]);
    store.close();
  });

  it("keeps everything for the next start, and leaves no side files behind", () => {
    const file = newFile();
    const first = openUserStore(file);
    first.add(userRecord("1"));
    first.disable(userRecord("1").id, 2_000);
    first.close();

    expect(existsSync(`${file}-wal`)).toBe(false);
    const second = openUserStore(file);
    expect(second.users()).toEqual([userRecord("1", { disabledAtMs: 2_000 })]);
    second.close();
  });

  it("of the first openbourse is brought up to date: MD5 is taken from everybody in it", () => {
    const file = newFile();
    mkdirSync(join(file, ".."));
    const database = new DatabaseSync(file);
    const first = { ...userStoreSchema, steps: userStoreSchema.steps.slice(0, 1) };
    migrate(database, file, first);
    const { id } = userRecord("1");
    database.exec(`INSERT INTO user VALUES ('${id}', 'v1.1', '', 1000, NULL)`);
    database.close();

    const store = openUserStore(file);

    expect(store.users()).toEqual([userRecord("1", { refusedWays: [] })]);
    store.close();
  });

  it("that knew MD5 alone is brought up to date: who was refused with it still is", () => {
    const file = newFile();
    mkdirSync(join(file, ".."));
    const database = new DatabaseSync(file);
    migrate(database, file, { ...userStoreSchema, steps: userStoreSchema.steps.slice(0, 2) });
    const [one, two] = [userRecord("1"), userRecord("2", { refusedWays: ["md5"] })];
    const insert = database.prepare("INSERT INTO user VALUES (?, ?, '', 1000, NULL, ?)");
    insert.run(one.id, one.sealedKey, 1);
    insert.run(two.id, two.sealedKey, 0);
    database.close();

    const store = openUserStore(file);

    expect(store.users()).toEqual([two, one]);
    store.close();
  });

  it("is refused, and left as it was, when it is a key store", () => {
    const file = newFile();
    openKeyStore(file).close();
    const before = readFileSync(file);

    expect(() => openUserStore(file)).toThrow(
      expect.objectContaining({ name: "StoreError", fault: "foreign-database" }),
    );
    expect(readFileSync(file)).toEqual(before);
  });

  it("shows each of two processes what the other did, and a new version to go with it", async () => {
    const file = newFile();
    const store = openUserStore(file);
    store.add(userRecord("1"));
    const before = store.version();
    const module = new URL("./user-store.ts", import.meta.url).href;
    const script = `import { openUserStore } from ${JSON.stringify(module)};
      const store = openUserStore(${JSON.stringify(file)});
      console.log(store.users().length);
      store.add(${JSON.stringify(userRecord("2"))});
      store.disable(${JSON.stringify(userRecord("1").id)}, 2000);
      store.close();`;

    const { stdout } = await promisify(execFile)(process.execPath, [
      ...["--input-type=module", "-e", script],
    ]);

    expect(stdout.trim()).toBe("1");
    expect(store.version()).not.toBe(before);
    expect(store.user(userRecord("1").id)?.disabledAtMs).toBe(2_000);
    expect(store.user(userRecord("2").id)).toEqual(userRecord("2"));
    store.close();
  });
});
