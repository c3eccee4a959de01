import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { apiKeyOf, createUser } from "../../access/users.ts";
import { type DataFolder, openDataFolder } from "../../config/data-folder.ts";
import { type Environment, openUserRegistry } from "./user-registry.ts";

const given = "5".repeat(64);
const other = "6".repeat(64);

let folder: DataFolder;
beforeEach(() => {
  folder = openDataFolder(mkdtempSync(join(tmpdir(), "openbourse-registry-")));
});
afterEach(() => rmSync(folder.path, { recursive: true }));

/** Makes a user, and returns their id and key. */
function makeUser(environment: Environment = {}): readonly [string, string] {
  const registry = openUserRegistry(folder, environment);
  const made = createUser(registry, { label: "", nowMs: 1 });
  registry.store.close();
  if (typeof made === "string") throw new Error(made);
  return [made.userId, made.apiKey];
}

function keyOf(userId: string, environment: Environment = {}): string | undefined {
  const { store, vault } = openUserRegistry(folder, environment);
  const record = store.user(userId);
  store.close();
  return record === undefined ? undefined : apiKeyOf(record, vault);
}

const masterKeyGiven = (key: string) => ({ OPENBOURSE_MASTER_KEY: key });

describe("the master key", () => {
  it("is made at the first start, for the owner only, and used from then on", () => {
    const [userId, apiKey] = makeUser();
    expect(statSync(folder.masterKeyFile).mode & 0o777).toBe(0o600);
    expect(readFileSync(folder.masterKeyFile, "utf8")).toMatch(/^[0-9a-f]{64}\n$/);
    expect(keyOf(userId)).toBe(apiKey);
  });

  it("comes from the environment where it is there, and no file is made", () => {
    const [userId, apiKey] = makeUser(masterKeyGiven(given));
    expect(existsSync(folder.masterKeyFile)).toBe(false);
    expect(keyOf(userId, masterKeyGiven(given.toUpperCase()))).toBe(apiKey);
  });

  it("can move from the file to the environment", () => {
    const [userId, apiKey] = makeUser();
    const text = readFileSync(folder.masterKeyFile, "utf8");
    rmSync(folder.masterKeyFile);
    expect(keyOf(userId, masterKeyGiven(text))).toBe(apiKey);
  });

  it("that is missing is not made again while there are users", () => {
    makeUser(masterKeyGiven(given));
    expect(() => openUserRegistry(folder, {})).toThrow(
      `the master key of ${folder.usersFile} is missing: put it back into ${folder.masterKeyFile} or OPENBOURSE_MASTER_KEY`,
    );
    expect(existsSync(folder.masterKeyFile)).toBe(false);
  });

  it("that opens no user's key is another one", () => {
    makeUser(masterKeyGiven(given));
    expect(() => openUserRegistry(folder, masterKeyGiven(other))).toThrow(
      `the master key is another one than ${folder.usersFile} was written with`,
    );
  });

  it.each(["", "short", `${"5".repeat(63)}g`, "5".repeat(65)])(
    "of the environment is refused when it is %j, without being shown",
    (key) => {
      const open = () => openUserRegistry(folder, masterKeyGiven(key));
      expect(open).toThrow(/^OPENBOURSE_MASTER_KEY holds .*64/);
      if (key !== "") expect(open).not.toThrow(key);
    },
  );

  it("in a file that others can read is refused", () => {
    writeFileSync(folder.masterKeyFile, given, { mode: 0o644 });
    expect(() => openUserRegistry(folder, {})).toThrow(`chmod 600 ${folder.masterKeyFile}`);
  });
});
