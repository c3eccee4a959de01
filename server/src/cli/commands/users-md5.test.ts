import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openDataFolder } from "../../config/data-folder.ts";
import type { ConfigInput } from "../../config/load.ts";
import { createUserCommand, listUsersCommand, userMd5Command } from "./users.ts";

let data: string;
let said: string[];
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "openbourse-md5-"));
  openDataFolder(data);
  said = [];
  const note = (text: unknown) => said.push(String(text)) > 0;
  vi.spyOn(process.stdout, "write").mockImplementation(note);
  vi.spyOn(process.stderr, "write").mockImplementation(note);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(data, { recursive: true });
});

function input(): ConfigInput {
  return { environment: {}, flags: [{ path: ["data"], value: data, origin: "--data" }] };
}

async function told(
  run: () => Promise<number>,
): Promise<{ readonly code: number; readonly text: string }> {
  said = [];
  const code = await run();
  return { code, text: said.join("") };
}

describe("a user's MD5 signatures", () => {
  it("are not taken once that was said, and taken again once that was", async () => {
    const made = await told(() =>
      createUserCommand(input(), { label: "desk", md5: true, json: true }),
    );
    const id: string = JSON.parse(made.text).userId;
    const list = async () => (await told(() => listUsersCommand(input(), false))).text;
    expect(await list()).toMatch(/ {2}desk\n$/);

    const off = () => told(() => userMd5Command(input(), { id, isTaken: false }));
    expect(await off()).toEqual({
      code: 0,
      text: `requests of user ${id} are taken signed with HMAC-SHA-256 only\n`,
    });
    expect(await off()).toMatchObject({
      code: 2,
      text: expect.stringContaining("and were before"),
    });
    expect(await list()).toMatch(/ {2}desk \(HMAC only\)\n$/);

    const on = await told(() => userMd5Command(input(), { id, isTaken: true }));
    expect(on.code).toBe(0);
    expect(await list()).toMatch(/ {2}desk\n$/);
  });

  it("can be refused from the beginning, and of no one who does not exist", async () => {
    await told(() => createUserCommand(input(), { label: "", md5: false }));
    expect((await told(() => listUsersCommand(input(), true))).text).toContain('"takesMd5":false');
    expect(await told(() => userMd5Command(input(), { id: "nobody", isTaken: false }))).toEqual({
      code: 2,
      text: expect.stringContaining("there is no user nobody"),
    });
  });
});
