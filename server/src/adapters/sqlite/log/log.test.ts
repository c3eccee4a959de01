import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { commandLogContract } from "../../../ports/command-log.contract.ts";
import type { CommandLog } from "../../../ports/command-log.ts";
import { followContract } from "../../../ports/command-log-follow.contract.ts";
import { type CommandLogOptions, openCommandLog } from "./log.ts";

let root: string;
let files = 0;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "openbourse-command-log-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function newFile(): string {
  files += 1;
  return join(root, String(files), "commands.db");
}

async function openOrThrow(options: CommandLogOptions): Promise<CommandLog> {
  const opened = await openCommandLog(options);
  if (opened.kind === "refused") throw new Error(opened.message);
  return opened.log;
}

const create = () => {
  const file = newFile();
  return {
    open: (inFlightBytesMax?: number) => openOrThrow({ file, inFlightBytesMax }),
  };
};

commandLogContract("SQLite", create);
followContract("SQLite", create);
