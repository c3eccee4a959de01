import { cpSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { admissionStoreContract, storedToken } from "../../../ports/admission-store.contract.ts";
import { openAdmissionStore } from "./admission-store.ts";
import { inMemory } from "./shared-database.ts";

let root: string;
let files = 0;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "openbourse-admissions-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function newFile(): string {
  files += 1;
  return join(root, String(files), "admissions.db");
}

admissionStoreContract("SQLite in memory", () => openAdmissionStore(inMemory, "boot"));
admissionStoreContract("SQLite on disk", () => openAdmissionStore(newFile(), "boot"));

/** The files as they are while a store is open, as a killed process leaves them. */
function leftBehind(file: string): string {
  const copy = join(file, "..", "..", `${files}-left`);
  cpSync(join(file, ".."), copy, { recursive: true });
  return join(copy, "admissions.db");
}

describe("the file of an admission store", () => {
  it.each([
    ["was closed", true, "boot"],
    ["was closed before the machine went down", true, "another"],
    ["was left open by a process that was killed", false, "boot"],
  ])("keeps everything when it %s", (_, isClosed, bootId) => {
    const file = newFile();
    const first = openAdmissionStore(file, "boot");
    first.addToken(storedToken("1"));
    first.addToken(storedToken("2"));
    first.removeToken(storedToken("1").hash);
    first.noteStamp(7);
    const left = isClosed ? file : leftBehind(file);
    first.close();

    const second = openAdmissionStore(left, bootId);
    expect(second.tokens()).toEqual([storedToken("2")]);
    expect(second.stampMs()).toBe(7);
    second.close();
  });

  it("forgets everything when the machine went down while it was open", () => {
    const file = newFile();
    const first = openAdmissionStore(file, "boot");
    first.addToken(storedToken("1"));
    first.noteStamp(7);
    const left = leftBehind(file);
    first.close();

    const second = openAdmissionStore(left, "another");
    expect(second.tokens()).toEqual([]);
    expect(second.stampMs()).toBeUndefined();
    second.close();
  });

  it("is for its owner only", () => {
    const file = newFile();
    const store = openAdmissionStore(file, "boot");
    expect([file, `${file}-wal`].map((path) => statSync(path).mode & 0o777)).toEqual([
      0o600, 0o600,
    ]);
    store.close();
  });
});
