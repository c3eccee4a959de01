/**
 * What a server and the commands make of a data folder in which something is missing, older, of
 * another program or of another exchange: a table. A refusal changes no byte and no name in the folder.
 */
import { createHash } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  cpSync,
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
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { administer } from "../../server/src/cli/admin-client.ts";
import { rebuild } from "../../server/src/cli/commands/rebuild.ts";
import { verify } from "../../server/src/cli/commands/verify.ts";
import type { Config } from "../../server/src/config/schema.ts";
import { loadConfig } from "../../server/src/main/configuration.ts";
import { startServer } from "../../server/src/main/server.ts";
import { buildPage } from "../support/built-page.ts";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const root = mkdtempSync(join(tmpdir(), "openbourse-folders-"));
// A server without a page says so.
beforeAll(() => buildPage());
afterAll(() => rmSync(root, { recursive: true }));

let cases = 0;
let data: string;
beforeEach(() => {
  cases += 1;
  data = join(root, `case-${cases}`);
});
afterEach(() => rmSync(data, { recursive: true, force: true }));

/** Settings of an exchange that does nothing by itself. */
function inputOf(folder: string) {
  return {
    environment: {
      OPENBOURSE_DATA: folder,
      OPENBOURSE_PORT: "0",
      OPENBOURSE_LOG_LEVEL: "silent",
      OPENBOURSE_EXCHANGE_PARTICIPANTS_ENABLED: "false",
      OPENBOURSE_EXCHANGE_WARM_UP_MS: "0",
    },
    flags: [],
  };
}

function configOf(folder: string): Config {
  const loaded = loadConfig(inputOf(folder));
  if (!loaded.ok) throw new Error(loaded.faults.join("\n"));
  return { ...loaded.config, datasets: [] };
}

const start = (folder: string) =>
  startServer({ config: configOf(folder), log: silent, environment: {} });

async function deposit(folder: string, key: string) {
  return await administer(configOf(folder), "transfer", {
    direction: "deposit",
    user: "somebody",
    currency: "USDT",
    amount: "1",
    key,
    anyUser: true,
  });
}

/** A folder as it is after a stop; as it was a while before; and as a kill would have left it. */
const made = { stopped: "", older: "", crashed: "", other: "" };

beforeAll(async () => {
  for (const name of ["stopped", "other"] as const) {
    made[name] = join(root, name);
    const first = await start(made[name]);
    // Each case opens it again, and an exchange has room for as many orders as there may be.
    await administer(configOf(made[name]), "set-limits", { openOrdersMax: 4_096 });
    await administer(configOf(made[name]), "add-market", {
      code: "BTC_USDT",
      tick: "0.01",
      lot: "0.001",
    });
    for (const key of ["a", "b"]) await deposit(made[name], key);
    await first.stop();
  }
  made.older = join(root, "older");
  cpSync(made.stopped, made.older, { recursive: true });
  const second = await start(made.stopped);
  for (const key of ["c", "d", "e"]) await deposit(made.stopped, key);
  // Nothing is written at this moment: these are the files of a process that is killed now.
  made.crashed = join(root, "crashed");
  const filter = (path: string) => !path.endsWith("admin.sock");
  cpSync(made.stopped, made.crashed, { recursive: true, filter });
  await second.stop();
});

/** Every name with what it holds. */
function contents(folder: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted()) {
    const path = join(folder, name);
    const stats = statSync(path);
    const bytes = stats.isFile() ? readFileSync(path) : "";
    found[name] = `${stats.mode} ${createHash("sha256").update(bytes).digest("hex")}`;
  }
  return found;
}

const attempts = {
  async serve() {
    await (await start(data)).stop();
  },
  async verify() {
    const written = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    try {
      const code = await verify(inputOf(data), false);
      if (code !== 0) throw new Error(written.mock.calls.join(""));
    } finally {
      written.mockRestore();
    }
  },
  async rebuild() {
    const written = [
      vi.spyOn(process.stdout, "write").mockReturnValue(true),
      vi.spyOn(process.stderr, "write").mockReturnValue(true),
    ];
    try {
      const code = await rebuild(inputOf(data), false);
      if (code !== 0) throw new Error(written[1]?.mock.calls.join(""));
    } finally {
      for (const each of written) each.mockRestore();
    }
  },
  async deposit() {
    const answer = await deposit(data, "new");
    if (answer.kind !== "done") throw new Error(JSON.stringify(answer));
  },
};
type Attempt = keyof typeof attempts;

/** "goes on", or what the refusal says. */
type Outcome = "goes on" | RegExp;
interface Case {
  readonly from: "stopped" | "crashed" | "older";
  change(): void;
  readonly outcome: Outcome | Readonly<Record<Attempt, Outcome>>;
}

const inside = (name: string) => join(data, name);
const remove = (...names: readonly string[]) => {
  for (const name of names) rmSync(inside(name), { recursive: true, force: true });
};
const takeFrom = (folder: keyof typeof made, ...names: readonly string[]) => {
  for (const name of names) {
    remove(name);
    cpSync(join(made[folder], name), inside(name), { recursive: true });
  }
};
const keepOnly = (...names: readonly string[]) => {
  const kept = new Set(names.map((name) => `exchange/${name}`));
  for (const name of readdirSync(inside("exchange"))) {
    if (!kept.has(`exchange/${name}`)) remove(`exchange/${name}`);
  }
};
const foreign = (name: string) => {
  remove(name);
  const database = new DatabaseSync(inside(name));
  database.exec("PRAGMA journal_mode = WAL; CREATE TABLE theirs (x)");
  database.close();
};
const newer = (name: string) => {
  const database = new DatabaseSync(inside(name));
  database.exec("PRAGMA user_version = 99");
  database.close();
};
/** Leaves the write-ahead log of a store that was killed, and not the store. */
const walAlone = (name: string) => {
  remove(name);
  writeFileSync(inside(`${name}-wal`), "x".repeat(4_152));
};
const nonsense = (name: string) => writeFileSync(inside(name), "no database ".repeat(1_000));

const log = "exchange/commands.db";
const mark = `${log}.acknowledged`;
const history = "exchange/history.db";
const lost = /commands\.db is missing, but .* that there was a log: put commands\.db back/;
const damaged = /commands\.db is damaged at sequence \d+ \((lost-end|unknown-end)\)/;
const only = (attempt: Attempt, outcome: Outcome, others: Outcome) => ({
  ...{ serve: others, verify: others, rebuild: others, deposit: others },
  [attempt]: outcome,
});

const table: Readonly<Record<string, Case>> = {
  "whole, after a stop": { from: "stopped", change() {}, outcome: "goes on" },
  "whole, after a kill": { from: "crashed", change() {}, outcome: "goes on" },
  "whole, of a while ago": { from: "older", change() {}, outcome: "goes on" },
  "without the log": { from: "stopped", change: () => remove(log), outcome: lost },
  "without the log, after a kill": { from: "crashed", change: () => remove(log), outcome: lost },
  "with the log's -wal alone": {
    from: "crashed",
    change: () => keepOnly("commands.db-wal"),
    outcome: lost,
  },
  "with the log's mark alone": {
    from: "stopped",
    change: () => keepOnly("commands.db.acknowledged"),
    outcome: lost,
  },
  "with the snapshots alone": {
    from: "stopped",
    change: () => keepOnly("snapshots"),
    outcome: lost,
  },
  "with the history alone": {
    from: "stopped",
    change: () => keepOnly("history.db"),
    outcome: lost,
  },
  "with the history's -wal alone": {
    from: "crashed",
    change() {
      keepOnly();
      walAlone(history);
    },
    outcome: lost,
  },
  "with a -shm of the log alone": {
    from: "stopped",
    change() {
      keepOnly();
      writeFileSync(inside(`${log}-shm`), "x".repeat(32_768));
    },
    outcome: lost,
  },
  "with an empty log": {
    from: "stopped",
    change: () => writeFileSync(inside(log), ""),
    outcome: /commands\.db is empty, but .* that there was a log/,
  },
  "with another program's database as log": {
    from: "stopped",
    change: () => foreign(log),
    outcome: /commands\.db is a database of another program/,
  },
  "with something else as log": {
    from: "stopped",
    change: () => nonsense(log),
    outcome: /commands\.db is not a database or is damaged/,
  },
  "with a log of a newer openbourse": {
    from: "stopped",
    change: () => newer(log),
    outcome: /commands\.db has schema version 99/,
  },
  "with an older log": {
    from: "stopped",
    change: () => takeFrom("older", log),
    outcome: damaged,
  },
  "with an older log and its mark": {
    from: "stopped",
    change: () => takeFrom("older", log, mark),
    outcome: /history\.db knows commands up to \d+; put it back together/,
  },
  "with an older log and its mark, and snapshots alone that know more": {
    from: "stopped",
    change() {
      takeFrom("older", log, mark);
      remove(history);
    },
    outcome: /snapshots\/state-\d+\.snapshot knows commands up to \d+/,
  },
  "with the log of another exchange": {
    from: "stopped",
    change: () => takeFrom("other", log),
    outcome: damaged,
  },
  "with log and mark of another exchange": {
    from: "stopped",
    change: () => takeFrom("other", log, mark),
    outcome: /history\.db is the history of another log/,
  },
  "without the log's -wal, after a kill": {
    from: "crashed",
    change: () => remove(`${log}-wal`),
    outcome: damaged,
  },
  "with a torn -wal of the log, after a kill": {
    from: "crashed",
    change: () =>
      writeFileSync(inside(`${log}-wal`), readFileSync(inside(`${log}-wal`)).subarray(0, 5_000)),
    outcome: damaged,
  },
  "without the log's mark": { from: "stopped", change: () => remove(mark), outcome: "goes on" },
  "with an older mark": {
    from: "stopped",
    change: () => takeFrom("older", mark),
    outcome: "goes on",
  },
  "with a damaged mark": {
    from: "stopped",
    change: () => appendFileSync(inside(mark), "x"),
    outcome: damaged,
  },
  "with the mark of another exchange": {
    from: "stopped",
    change: () => takeFrom("other", mark),
    outcome: damaged,
  },
  "without snapshots": {
    from: "stopped",
    change: () => remove("exchange/snapshots"),
    outcome: "goes on",
  },
  "with older snapshots": {
    from: "stopped",
    change: () => takeFrom("older", "exchange/snapshots"),
    outcome: "goes on",
  },
  "without the history": { from: "stopped", change: () => remove(history), outcome: "goes on" },
  "with the history's -wal and without its file": {
    from: "crashed",
    change: () => walAlone(history),
    outcome: "goes on",
  },
  "with an older history": {
    from: "stopped",
    change: () => takeFrom("older", history),
    outcome: "goes on",
  },
  "with the history of another exchange": {
    from: "stopped",
    change: () => takeFrom("other", history),
    outcome: /history\.db is the history of another log/,
  },
  "with another program's database as history": {
    from: "stopped",
    change: () => foreign(history),
    outcome: /history\.db is a database of another program/,
  },
  "with something else as history": {
    from: "stopped",
    change: () => nonsense(history),
    outcome: only("rebuild", "goes on", /history\.db is damaged.*openbourse rebuild/),
  },
  "without users": { from: "stopped", change: () => remove("users.db"), outcome: "goes on" },
  "with the users' -wal and without their file": {
    from: "crashed",
    change: () => walAlone("users.db"),
    outcome: {
      serve: /users\.db is missing, but .*users\.db-wal is there/,
      deposit: /users\.db is missing, but .*users\.db-wal is there/,
      verify: "goes on",
      rebuild: "goes on",
    },
  },
  "with another program's database as users": {
    from: "stopped",
    change: () => foreign("users.db"),
    outcome: {
      serve: /users\.db is a database of another program/,
      deposit: /users\.db is a database of another program/,
      verify: "goes on",
      rebuild: "goes on",
    },
  },
  "without keys": { from: "stopped", change: () => remove("keys.db"), outcome: "goes on" },
  "with the keys' -wal and without their file": {
    from: "crashed",
    change: () => walAlone("keys.db"),
    outcome: only("serve", /keys\.db is missing, but .*keys\.db-wal is there/, "goes on"),
  },
  "with keys of a newer openbourse": {
    from: "stopped",
    change: () => newer("keys.db"),
    outcome: only("serve", /keys\.db has schema version 99/, "goes on"),
  },
  "without the master key": {
    from: "stopped",
    change: () => remove("master-key"),
    outcome: only("serve", /the master key of .*users\.db is missing/, "goes on"),
  },
  "with the master key of another exchange": {
    from: "stopped",
    change: () => takeFrom("other", "master-key"),
    outcome: only("serve", /the master key is another one than/, "goes on"),
  },
  "with the admin.json of a server of version 0.1.0 that is gone": {
    from: "stopped",
    change: () =>
      writeFileSync(
        inside("admin.json"),
        `${JSON.stringify({ url: "http://127.0.0.1:9", token: "0".repeat(64), pid: 2 ** 22, exchange: true })}\n`,
      ),
    outcome: "goes on",
  },
};

describe.each(Object.entries(table))("a data folder %s", (_name, { from, change, outcome }) => {
  it.each(Object.keys(attempts) as Attempt[])("on %s", async (attempt) => {
    cpSync(made[from], data, { recursive: true });
    change();
    const wanted = outcome instanceof RegExp || outcome === "goes on" ? outcome : outcome[attempt];
    const before = contents(data);
    if (wanted === "goes on") {
      await attempts[attempt]();
      return;
    }
    await expect(attempts[attempt]()).rejects.toThrow(wanted);
    expect(contents(data)).toEqual(before);
  });
});

describe("a start goes on and says so", () => {
  async function saidAt(change: () => void): Promise<readonly string[]> {
    cpSync(made.stopped, data, { recursive: true });
    change();
    const said: string[] = [];
    const warn = (phrase: string, fields: object = {}) =>
      void said.push(`${phrase} ${JSON.stringify(fields)}`);
    const log = { ...silent, warn };
    const server = await startServer({ config: configOf(data), log, environment: {} });
    await server.stop();
    return said;
  }

  it.each([
    ["the log has no mark", () => remove(mark), /whether its end was lost cannot be told.*remedy/],
    ["others may read the folder", () => chmodSync(data, 0o755), /others .*chmod 700/],
    ["the users are lost", () => remove("users.db"), /holds money of users .*put users\.db/],
  ])("when %s", async (_what, change, words) => {
    expect(await saidAt(change)).toContainEqual(expect.stringMatching(words));
  });

  it("and nothing, where all is well", async () => {
    expect(await saidAt(() => chmodSync(data, 0o700))).toEqual([]);
  });
});
