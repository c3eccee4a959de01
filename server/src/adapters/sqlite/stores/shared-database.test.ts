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
