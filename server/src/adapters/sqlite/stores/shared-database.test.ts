import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { linkSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { openKeyStore } from "./key-store.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-shared-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("a store knows that its file was taken away or replaced, and minds no further link to it", () => {
  const file = join(folder, "keys.db");
  const store = openKeyStore(file);
  linkSync(file, join(folder, "backup.db"));
  expect(store.lost()).toBeUndefined();
  renameSync(file, join(folder, "away.db"));
  expect(store.lost()).toContain(`deleted or moved ${file}`);
  writeFileSync(file, "");
  expect(store.lost()).toContain(`another file is in the place of ${file}`);
  store.close();
});

/** Opens the store in each file that it is told of, writes to it and closes it; says what became of it. */
const opener = `
  const { openKeyStore } = await import(${JSON.stringify(new URL("./key-store.ts", import.meta.url).href)});
  process.on("message", (file) => {
    try {
      const store = openKeyStore(file);
      store.ensureWorkspace("desk", 1_000);
      store.close();
      process.send("done");
    } catch (error) {
      process.send(error.message);
    }
  });
  process.send("ready");`;

it("processes that make a store, or let it go, at the same moment do not trouble each other", async () => {
  const openers = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ["--input-type=module", "-e", opener], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    }),
  );
  const answers = async (of: readonly ChildProcess[]) =>
    Promise.all(of.map(async (child) => (await once(child, "message"))[0] as unknown));
  await answers(openers);
  const found: unknown[] = [];
  for (let at = 0; at < 200; at += 1) {
    const all = answers(openers);
    for (const child of openers) child.send(join(folder, `${at}.db`));
    found.push(...(await all));
  }
  for (const child of openers) child.kill();
  expect(found.filter((answer) => answer !== "done")).toEqual([]);
});
