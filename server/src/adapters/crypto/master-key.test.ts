import { execFile } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadMasterKey, type MasterKeyResult, parseMasterKey } from "./master-key.ts";

const hex = "0123456789abcdef".repeat(4);

let root: string;
let folders = 0;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "openbourse-master-key-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A folder that nobody else uses. */
function newFolder(): string {
  folders += 1;
  const folder = join(root, String(folders));
  mkdirSync(folder);
  return folder;
}

function writeKeyFile(text: string, mode = 0o600): string {
  const file = join(newFolder(), "master-key");
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

function keyOf(result: MasterKeyResult): string {
  if (result.kind === "fault") throw new Error(result.message);
  return result.hex;
}

describe("a master key in a text", () => {
  it.each([hex, hex.toUpperCase(), `  ${hex}\r\n`])("is read from %j", (text) => {
    expect(parseMasterKey(text, "MASTER_KEY")).toEqual({ kind: "key", hex });
  });

  it.each([
    ["nothing", "", "wrong-length", "holds only 0 hex digits"],
    ["white space", " \n", "wrong-length", "holds only 0 hex digits"],
    ["too few digits", hex.slice(1), "wrong-length", "holds only 63 hex digits"],
    ["too many digits", `${hex}0`, "wrong-length", "holds more than 64 hex digits"],
    ["another letter", `${hex.slice(1)}g`, "not-hex", "something other than hex digits"],
    ["a prefix", `0x${hex}`, "not-hex", "something other than hex digits"],
    ["two keys", `${hex}\n${hex}`, "not-hex", "something other than hex digits"],
  ])("is refused when it has %s, and the message does not show it", (_, text, fault, words) => {
    const result = parseMasterKey(text, "MASTER_KEY");

    expect(result).toMatchObject({ kind: "fault", fault });
    const message = result.kind === "fault" ? result.message : "";
    expect(message).toContain(`MASTER_KEY holds`);
    expect(message).toContain(words);
    expect(message).not.toContain(hex.slice(1, 9));
  });
});

describe("a master key in a file", () => {
  it("is made at the first start, for its owner only, and is the same ever after", () => {
    const folder = newFolder();
    const file = join(folder, "master-key");

    const made = keyOf(loadMasterKey(file));

    expect(made).toMatch(/^[0-9a-f]{64}$/);
    expect(readFileSync(file, "utf8")).toBe(`${made}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(["master-key"]);
    expect(keyOf(loadMasterKey(file))).toBe(made);
    expect(keyOf(loadMasterKey(join(newFolder(), "master-key")))).not.toBe(made);
  });

  it("is one and the same for processes that make it at the same time", async () => {
    const folder = newFolder();
    const file = join(folder, "master-key");
    const module = new URL("./master-key.ts", import.meta.url).href;
    // Each waits for the same moment, so that all of them find no file.
    const script = `import { loadMasterKey } from ${JSON.stringify(module)};
      while (Date.now() < ${Date.now() + 400});
      console.log(loadMasterKey(${JSON.stringify(file)}).hex);`;
    const run = () => promisify(execFile)(process.execPath, ["--input-type=module", "-e", script]);

    const outputs = await Promise.all([run(), run(), run()]);

    const kept = keyOf(loadMasterKey(file));
    expect(outputs.map(({ stdout }) => stdout.trim())).toEqual([kept, kept, kept]);
    expect(readdirSync(folder)).toEqual(["master-key"]);
  });

  it.each([0o400, 0o600, 0o700])("is read when its mode is %o", (mode) => {
    expect(keyOf(loadMasterKey(writeKeyFile(hex, mode)))).toBe(hex);
  });

  it.each([0o640, 0o604, 0o620, 0o602, 0o610, 0o644, 0o777])(
    "is refused when its mode is %o, with the command that mends it",
    (mode) => {
      const file = writeKeyFile(hex, mode);

      const result = loadMasterKey(file);

      expect(result).toMatchObject({ kind: "fault", fault: "readable-by-others" });
      expect(result).toMatchObject({ message: expect.stringContaining(`chmod 600 ${file}`) });
      expect(JSON.stringify(result)).not.toContain(hex.slice(0, 8));
    },
  );

  it.each([
    ["empty", "", "wrong-length"],
    ["cut", hex.slice(0, 32), "wrong-length"],
    ["too long", hex.repeat(10), "wrong-length"],
    ["something else", "hello", "not-hex"],
    ["binary", "\u0000\u00ff", "not-hex"],
  ])("is refused, named and left as it was when it is %s", (_, text, fault) => {
    const file = writeKeyFile(text);

    const result = loadMasterKey(file);

    expect(result).toMatchObject({ kind: "fault", fault, message: expect.stringContaining(file) });
    expect(readFileSync(file, "utf8")).toBe(text);
  });

  it("is refused when it is a folder, or below a file, or in no folder", () => {
    const file = writeKeyFile(hex);
    const folder = newFolder();
    chmodSync(folder, 0o700);

    expect(loadMasterKey(folder)).toMatchObject({ kind: "fault", fault: "cannot-read" });
    expect(loadMasterKey(join(file, "inner"))).toMatchObject({
      kind: "fault",
      fault: "cannot-read",
    });
    expect(loadMasterKey(join(folder, "no", "key"))).toMatchObject({
      kind: "fault",
      fault: "cannot-write",
    });
  });

  it("is refused when its name is a link to a file that is not there", () => {
    const folder = newFolder();
    const file = join(folder, "master-key");
    symlinkSync(join(folder, "elsewhere"), file);

    expect(loadMasterKey(file)).toMatchObject({ kind: "fault", fault: "cannot-read" });
    expect(readdirSync(folder)).toEqual(["master-key"]);
  });
});
