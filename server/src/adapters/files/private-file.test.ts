import {
  chmodSync,
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
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { replacePrivately, writePrivately } from "./private-file.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "openbourse-private-"));
  file = join(folder, "secret");
});
afterEach(() => rmSync(folder, { recursive: true }));

const modeOf = (path: string) => statSync(path).mode & 0o777;

describe("a private file", () => {
  it("is its owner's alone, and is not written over unless that is wanted", () => {
    writePrivately(file, "first");
    expect([readFileSync(file, "utf8"), modeOf(file)]).toEqual(["first", 0o600]);
    expect(() => writePrivately(file, "second")).toThrow("EEXIST");
    writePrivately(file, "third", "w");
    expect(readFileSync(file, "utf8")).toBe("third");
  });

  it("that is replaced becomes its owner's alone, and nothing else is left", () => {
    for (const path of [file, `${file}.new`]) {
      writeFileSync(path, "open to all");
      chmodSync(path, 0o666);
    }
    replacePrivately(file, "new");
    expect([readFileSync(file, "utf8"), modeOf(file)]).toEqual(["new", 0o600]);
    expect(readdirSync(folder)).toEqual(["secret"]);
  });

  it("that cannot be replaced stays as it was, and nothing else is left", () => {
    mkdirSync(file);
    expect(() => replacePrivately(file, "new")).toThrow(/EISDIR|EEXIST|EPERM/);
    expect(readdirSync(folder)).toEqual(["secret"]);
  });
});
