import { execFile, execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keyRecord, keyStoreContract } from "../../../ports/key-store.contract.ts";
import { StoreError, type StoreFault } from "../file/store-error.ts";
import { inMemory, openKeyStore } from "./key-store.ts";

let root: string;
let folders = 0;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "openbourse-key-store-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A folder that nobody else uses. */
function newFolder(): string {
  folders += 1;
  const folder = join(root, String(folders));
  mkdirSync(folder);
  return folder;
}

keyStoreContract("SQLite in memory", () => openKeyStore(inMemory));
keyStoreContract("SQLite on disk", () => openKeyStore(join(newFolder(), "keys.db")));

/** What opening a file raises. */
function errorOfOpening(file: string): StoreError {
  try {
    openKeyStore(file).close();
  } catch (error) {
    if (error instanceof StoreError) return error;
    throw error;
  }
  throw new Error("the store opened");
}

describe("the file of a key store", () => {
  it("is made with its folders, for its owner only", () => {
    const folder = join(newFolder(), "data", "inner");
    const file = join(folder, "keys.db");

    const store = openKeyStore(file);
    store.ensureWorkspace("desk", 1_000);

    const modes = [folder, file, `${file}-wal`].map((path) => statSync(path).mode & 0o777);
    expect(modes).toEqual([0o700, 0o600, 0o600]);
    store.close();
  });

  it("keeps everything for the next start, and leaves no side files behind", () => {
    const file = join(newFolder(), "keys.db");
    const first = openKeyStore(file);
    first.ensureWorkspace("desk", 1_000);
    first.setLimits("desk", { tickersMax: 7 });
    first.addKey(keyRecord("aaaaaaaa"));
    first.close();

    expect(existsSync(`${file}-wal`)).toBe(false);
    const second = openKeyStore(file);
    expect(second.workspace("desk")?.limits.tickersMax).toBe(7);
    expect(second.keys()).toEqual([keyRecord("aaaaaaaa")]);
    second.close();
  });

  it("keeps what was committed when the process is killed", () => {
    const file = join(newFolder(), "keys.db");
    const script = `${childPreamble(file)}
      store.ensureWorkspace("desk", 1000);
      process.kill(process.pid, "SIGKILL");`;

    expect(() => execFileSync(process.execPath, ["--input-type=module", "-e", script])).toThrow();

    const store = openKeyStore(file);
    expect(store.workspaces().map((workspace) => workspace.name)).toEqual(["desk"]);
    store.close();
  });

  it("may have a name that looks like an address", () => {
    const folder = newFolder();
    const script = `${childPreamble("file:keys.db?mode=memory")}
      store.ensureWorkspace("desk", 1000);
      store.close();`;

    execFileSync(process.execPath, ["--input-type=module", "-e", script], { cwd: folder });

    expect(readdirSync(folder)).toEqual(["file:keys.db?mode=memory"]);
    const store = openKeyStore(join(folder, "file:keys.db?mode=memory"));
    expect(store.workspaces()).toHaveLength(1);
    store.close();
  });
});

describe("a file that is not a usable key store", () => {
  it.each([
    ["a short text", "hello"],
    ["a long text", "hello ".repeat(2_000)],
    ["only SQLite's first bytes", `SQLite format 3\0${"x".repeat(5_000)}`],
  ])("is refused and left as it was when it is %s", (_, content) => {
    const file = join(newFolder(), "keys.db");
    writeFileSync(file, content);

    const error = errorOfOpening(file);

    expect(error.fault).toBe("not-a-database" satisfies StoreFault);
    expect(error.message).toContain(file);
    expect(readFileSync(file, "utf8")).toBe(content);
  });

  it("is refused when it belongs to another program, whatever its schema version", () => {
    for (const version of [0, 1, 99]) {
      const file = join(newFolder(), "keys.db");
      const other = new DatabaseSync(file);
      other.exec(`CREATE TABLE theirs (id INTEGER); PRAGMA user_version = ${version}`);
      other.close();
      const before = readFileSync(file);

      expect(errorOfOpening(file).fault).toBe("foreign-database");
      expect(readFileSync(file)).toEqual(before);
    }
  });

  it("is refused when a newer openbourse wrote it", () => {
    const file = join(newFolder(), "keys.db");
    openKeyStore(file).close();
    const newer = new DatabaseSync(file);
    newer.exec("PRAGMA user_version = 99");
    newer.close();

    const error = errorOfOpening(file);

    expect(error.fault).toBe("newer-schema");
    expect(error.message).toContain("schema version 99");
    expect(error.message).toContain(file);
  });

  it("is refused when it is a folder, or below a file", () => {
    const folder = newFolder();
    writeFileSync(join(folder, "plain"), "");

    expect(errorOfOpening(folder).fault).toBe("cannot-open");
    expect(errorOfOpening(join(folder, "plain", "keys.db")).fault).toBe("cannot-open");
  });

  it("raises a store error when it is damaged while open", () => {
    const file = join(newFolder(), "keys.db");
    const store = openKeyStore(file);
    store.ensureWorkspace("desk", 1_000);
    store.close();
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0xff, 4_096));

    const damaged = openKeyStore(file);
    expect(() => damaged.workspaces()).toThrow(StoreError);
    damaged.close();
  });
});

const storeModule = new URL("./key-store.ts", import.meta.url).href;

/** The beginning of a program that has the store of `file` open. */
function childPreamble(file: string): string {
  return `import { openKeyStore } from ${JSON.stringify(storeModule)};
    const store = openKeyStore(${JSON.stringify(file)});`;
}

/** Runs statements in another process that has the store open as `store`. */
async function inAnotherProcess(file: string, statements: string): Promise<string> {
  const script = `${childPreamble(file)} ${statements}; store.close();`;
  const child = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);
  return child.stdout;
}

describe("a key store that two processes have open", () => {
  it("shows each what the other did, and a new version to go with it", async () => {
    const file = join(newFolder(), "keys.db");
    const store = openKeyStore(file);
    store.ensureWorkspace("desk", 1_000);
    store.addKey(keyRecord("aaaaaaaa"));
    const before = store.version();

    const output = await inAnotherProcess(
      file,
      `console.log(store.keys().map((key) => key.id).join());
       store.addKey(${JSON.stringify(keyRecord("bbbbbbbb"))});
       store.revokeKey("aaaaaaaa", 2000)`,
    );

    expect(output.trim()).toBe("aaaaaaaa");
    expect(store.version()).not.toBe(before);
    expect(store.keyByHash(keyRecord("aaaaaaaa").hash)?.revokedAtMs).toBe(2_000);
    expect(store.keyByHash(keyRecord("bbbbbbbb").hash)).toEqual(keyRecord("bbbbbbbb"));
    store.close();
  });

  it("keeps its version while the other only reads", async () => {
    const file = join(newFolder(), "keys.db");
    const store = openKeyStore(file);
    store.ensureWorkspace("desk", 1_000);
    const before = store.version();

    await inAnotherProcess(file, "store.keys(); store.version()");

    expect(store.version()).toBe(before);
    store.close();
  });

  it("loses nothing when both write at once, from the first moment of a new file on", async () => {
    const file = join(newFolder(), "keys.db");
    const writers = ["a", "b", "c"];
    const keysEach = 50;

    await Promise.all(
      writers.map((writer) =>
        inAnotherProcess(
          file,
          `store.ensureWorkspace("desk", 1000);
           for (let n = 0; n < ${keysEach}; n += 1) {
             const id = ${JSON.stringify(writer)} + String(n).padStart(7, "0");
             store.addKey({ id, hash: id.padEnd(64, "0"), workspace: "desk", label: "", createdAtMs: n });
             if (n % 2 === 0) store.revokeKey(id, 5000);
           }`,
        ),
      ),
    );

    const store = openKeyStore(file);
    const keys = store.keys();
    expect(keys).toHaveLength(writers.length * keysEach);
    expect(keys.filter((key) => key.revokedAtMs !== undefined)).toHaveLength(75);
    store.close();
  });

  it("lets the reader read while the other holds the write lock", () => {
    const file = join(newFolder(), "keys.db");
    const store = openKeyStore(file);
    store.ensureWorkspace("desk", 1_000);
    const writer = new DatabaseSync(file);
    writer.exec("BEGIN IMMEDIATE; INSERT INTO workspace (name, created_at_ms) VALUES ('late', 1)");

    expect(store.workspaces()).toHaveLength(1);
    writer.exec("COMMIT");
    expect(store.workspaces()).toHaveLength(2);

    writer.close();
    store.close();
  });
});
