import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { untilTrue } from "../../../../../test/support/until.ts";
import { historyContract } from "../../../ports/history.contract.ts";
import type { History } from "../../../ports/history.ts";
import { barSteps } from "../../../ports/history-bars.contract.ts";
import { busyStory, rowsOf, Story, tell } from "../../../ports/history-story.fixture.ts";
import { migrate } from "../file/schema.ts";
import { StoreError } from "../file/store-error.ts";
import type { HistoryFileOptions } from "./file.ts";
import { type HistoryRefusal, openHistory } from "./history.ts";
import { historyQueries } from "./queries.ts";
import { readsPerAskerMax } from "./reads.ts";
import { historySchema } from "./schema.ts";

const epoch = "a".repeat(32);
let root: string;
let files = 0;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "openbourse-history-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A file that nobody else uses. */
function newFile(): string {
  files += 1;
  return join(root, String(files), "history.db");
}

const opened: History[] = [];
afterEach(async () => {
  for (const history of opened.splice(0)) await history.close();
});

async function openOrThrow(options: HistoryFileOptions): Promise<History> {
  const answer = await openHistory(options);
  if (answer.kind === "refused") throw new Error(answer.message);
  return answer.history;
}

/** Opens a history that is closed after the test. */
async function open(file: string, options: Partial<HistoryFileOptions> = {}): Promise<History> {
  const history = await openOrThrow({ file, epoch, ...options });
  opened.push(history);
  return history;
}

/** Why a file cannot be opened. */
async function refusalOf(
  file: string,
  options: Partial<HistoryFileOptions> = {},
): Promise<HistoryRefusal> {
  const answer = await openHistory({ file, epoch, ...options });
  if (answer.kind === "refused") return answer;
  await answer.history.close();
  throw new Error("the history opened");
}

/** Changes a closed file behind the history's back. */
function tamper(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

/** A closed file that holds a story. */
async function storedFile(story: Story): Promise<string> {
  const file = newFile();
  const history = await open(file);
  await tell(history, story);
  await history.close();
  return file;
}

historyContract("SQLite", () => openOrThrow({ file: newFile(), epoch }));

describe("a history that was open when the machine went down", () => {
  const markOf = (file: string) => `${file}.open`;

  it("begins again, because what was not written yet may be missing anywhere", async () => {
    const file = newFile();
    const first = await openOrThrow({ file, epoch });
    await tell(first, busyStory(500));
    expect(await first.flushed()).toBeGreaterThan(0);
    const mark = readFileSync(markOf(file), "utf8");
    await first.close();
    expect(existsSync(markOf(file))).toBe(false);

    writeFileSync(markOf(file), "a run of the machine before this one");
    const second = await open(file);
    expect(second.lastSequence).toBe(0);
    expect(readFileSync(markOf(file), "utf8")).toBe(mark);
  });

  it("is told from one whose process was killed, which has lost nothing", async () => {
    const file = newFile();
    const first = await openOrThrow({ file, epoch });
    await tell(first, busyStory(500));
    const stored = await first.flushed();
    const mark = readFileSync(markOf(file), "utf8");
    await first.close();
    writeFileSync(markOf(file), mark);
    expect((await open(file)).lastSequence).toBe(stored);
  });
});

describe("the file of a history", () => {
  it("is made for its owner only and leaves no side files behind", async () => {
    const file = newFile();
    const history = await open(file);
    await tell(history, busyStory(50));

    expect(statSync(file).mode & 0o777).toBe(0o600);
    await history.close();
    expect([existsSync(`${file}-wal`), existsSync(`${file}-shm`)]).toEqual([false, false]);
  });

  it("holds in about a second also what nobody waits for", async () => {
    const history = await open(newFile());
    const story = busyStory(50);

    history.record(story.released);

    await untilTrue(() => history.lastSequence === story.released.length);
  });

  it("is gone on with where it ends, to the same rows as without a break", async () => {
    const story = busyStory(200);
    const file = newFile();
    const whole = await open(newFile());
    await tell(whole, story);

    const first = await open(file);
    first.record(story.released.slice(0, 90));
    await first.close();
    const second = await open(file);
    expect(second.lastSequence).toBe(90);
    await tell(second, story);

    expect(await second.digest()).toEqual(await whole.digest());
    const query = { user: "ann", limit: 1_000 };
    expect(await rowsOf(second.closedOrders(query))).toEqual(
      await rowsOf(whole.closedOrders(query)),
    );
    expect(await rowsOf(second.userFills(query))).toEqual(await rowsOf(whole.userFills(query)));
  });

  it("goes on with its bars after it was opened again", async () => {
    const story = busyStory(2_000);
    const file = newFile();
    const whole = await open(newFile());
    await tell(whole, story);
    const query = { market: "BTC_USDT", steps: barSteps, resolutionS: 60, limit: 1_000 } as const;

    const first = await open(file);
    // In the middle of a minute of trades.
    first.record(story.released.slice(0, 999));
    await first.close();
    const second = await open(file);
    await tell(second, story);

    expect(await rowsOf(second.bars(query))).toEqual(await rowsOf(whole.bars(query)));
    expect((await rowsOf(second.bars(query))).length).toBeGreaterThan(20);
  });

  it("of an older version is refused as such, and says how far it goes", async () => {
    const story = busyStory(60);
    const file = await storedFile(story);
    tamper(file, "PRAGMA user_version = 3");
    const bytes = readFileSync(file);

    expect(await refusalOf(file)).toMatchObject({
      fault: "older-schema",
      message: expect.stringContaining("openbourse rebuild"),
      outdatedAt: story.released.length,
    });
    expect(await refusalOf(file, { epoch: "b".repeat(32) })).toMatchObject({
      fault: "foreign-database",
      outdatedAt: undefined,
    });
    expect(readFileSync(file)).toEqual(bytes);
  });

  it("is made again when it is to be discarded", async () => {
    const story = busyStory(60);
    const file = await storedFile(story);

    const history = await open(file, { discard: true, epoch: "b".repeat(32) });

    expect([history.epoch, history.lastSequence]).toEqual(["b".repeat(32), 0]);
    expect(await rowsOf(history.closedOrders({ user: "ann", limit: 1 }))).toEqual([]);
    await tell(history, story);
  });

  it("is refused when it is the history of another log", async () => {
    const file = await storedFile(busyStory(20));

    expect(await refusalOf(file, { epoch: "b".repeat(32) })).toMatchObject({
      fault: "foreign-database",
      message: expect.stringContaining("move the history away"),
    });
  });

  it("takes no second writer for the one that has it", async () => {
    const story = busyStory(40);
    const file = newFile();
    const [first, second] = [await open(file), await open(file)];
    await tell(first, story);

    second.record(story.released);

    expect(await second.flushed()).toMatchObject({
      kind: "failure",
      message: expect.stringContaining("openbourse rebuild"),
    });
    expect(await first.digest()).toMatchObject({ lastSequence: story.released.length });
  });
});

describe("the reads of a history", () => {
  it("are answered while the writer is at work, and let one asker delay others by one at a time", async () => {
    const history = await open(newFile());
    await tell(history, busyStory(2_000));
    const order: string[] = [];
    const ask = async (user: string, from: number): Promise<void> => {
      await rowsOf(history.closedOrders({ user, limit: 1_000, offset: from }));
      order.push(user);
    };
    const greedy = Array.from({ length: readsPerAskerMax }, (_, index) => ask("ann", index));

    await Promise.all([...greedy, ask("bob", 0)]);
    expect(order.indexOf("bob")).toBeLessThan(3);
  });

  it("are refused past a bound for each asker, who is told that it is theirs", async () => {
    const history = await open(newFile());
    const asked = Array.from({ length: readsPerAskerMax + 1 }, () =>
      history.trades({ market: "BTC_USDT", limit: 1 }),
    );
    const other = history.bars({ market: "ETH_USDT", steps: barSteps, resolutionS: 60, limit: 1 });

    expect(await asked.at(-1)).toEqual({ kind: "busy", asker: "this" });
    expect(await Promise.all([...asked.slice(0, -1), other])).toEqual(
      Array.from({ length: readsPerAskerMax + 1 }, () => []),
    );
  });

  it("that wait are told when the file is let go, and later ones too", async () => {
    const history = await openOrThrow({ file: newFile(), epoch });
    const asked = [1, 2, 3].map((limit) => history.trades({ market: "BTC_USDT", limit }));
    await history.close();

    const failure = { kind: "failure", message: expect.stringContaining("is closed") };
    for (const answer of asked) expect(await answer).toMatchObject(failure);
    expect(await history.userFills({ user: "ann", limit: 1 })).toMatchObject(failure);
  });
});

describe("what a history has taken", () => {
  it("is noticed to be stored, each time that more of it is", async () => {
    const { released } = busyStory(300);
    const history = await open(newFile());
    const waited: number[] = [];
    for (const command of released.slice(0, 3)) {
      const advanced = history.advanced();
      history.record([command]);
      void history.flushed();
      await advanced;
      waited.push(history.lastSequence);
    }
    expect(waited).toEqual([1, 2, 3]);
  });

  it("is waited for up to what was taken, not up to what comes later", async () => {
    const { released } = busyStory(300);
    const history = await open(newFile());
    history.record(released.slice(0, 100));
    const flushed = [history.flushed(), history.flushed()] as const;
    history.record(released.slice(100));

    expect(flushed[0]).toBe(flushed[1]);
    expect(await flushed[0]).toBeGreaterThanOrEqual(100);
  });

  it("is told to each who waits for it when that is stored, not before", async () => {
    const { released } = busyStory(200);
    const history = await open(newFile());
    history.record(released.slice(0, 180));
    const first = history.flushed();
    // What comes after a digest cannot be stored together with what came before it.
    const digest = history.digest();
    history.record(released.slice(180));
    const second = history.flushed();

    expect([await first, await second]).toEqual([180, released.length]);
    expect(await digest).toMatchObject({ lastSequence: 180 });
  });

  it("is stored before the file is let go", async () => {
    const { released } = busyStory(300);
    const file = newFile();
    const history = await open(file);
    history.record(released);
    const flushed = history.flushed();

    await history.close();

    expect(await flushed).toBe(released.length);
    expect((await open(file)).lastSequence).toBe(released.length);
  });
});

describe("a history whose disk is full", () => {
  it("says so, keeps what is stored readable, and goes on when there is room again", async () => {
    const story = busyStory(2_000);
    const file = newFile();
    const history = await open(file, { fileBytesMax: 200_000 });
    for (const command of story.released) {
      history.record([command]);
      if (command.sequence % 100 === 0) await history.flushed();
    }

    const failure = await history.flushed();

    expect(failure).toMatchObject({ kind: "failure", fault: "disk-full" });
    expect(history.failure).toBe(failure);
    expect(await history.digest()).toBe(failure);
    await history.advanced();
    const stored = history.lastSequence;
    expect(stored).toBeGreaterThan(100);
    expect(stored).toBeLessThan(story.released.length);
    expect(await rowsOf(history.closedOrders({ user: "ann", limit: 5 }))).toHaveLength(5);
    await history.close();
    const next = await open(file);
    expect(next.lastSequence).toBe(stored);
    await tell(next, story);
    expect(await next.digest()).toMatchObject({ lastSequence: story.released.length });
  });
});

describe("a damaged history", () => {
  const rebuild = expect.stringContaining("run `openbourse rebuild`");

  it("is refused when it is no database", async () => {
    const file = await storedFile(new Story());
    writeFileSync(file, "not a database, and longer than a header of one hundred bytes".repeat(9));

    expect(await refusalOf(file)).toMatchObject({ fault: "not-a-database", message: rebuild });
    expect((await open(file, { discard: true })).lastSequence).toBe(0);
  });

  it("answers no query from a page that is none", async () => {
    const story = busyStory(2_000);
    const file = await storedFile(story);
    const pageBytes = 4_096;
    const pages = statSync(file).size / pageBytes;
    const database = new DatabaseSync(file);
    const roots = database
      .prepare(
        "SELECT rootpage FROM sqlite_schema WHERE tbl_name <> 'progress' AND tbl_name <> 'name'",
      )
      .all()
      .map((row) => Number(row["rootpage"]));
    database.close();
    spoilPages(file, roots, pageBytes);

    expect(pages).toBeGreaterThan(20);
    const history = await open(file);
    const answers = [
      history.closedOrders({ user: "ann", limit: 10 }),
      history.userFills({ user: "ann", limit: 10 }),
      history.trades({ market: "BTC_USDT", limit: 10 }),
      history.bars({ market: "BTC_USDT", steps: barSteps, resolutionS: 60, limit: 10 }),
      history.balanceChanges({ user: "ann", currency: "BTC", limit: 10 }),
    ];
    for (const answer of answers) {
      expect(await answer).toMatchObject({ kind: "failure", fault: "failed", message: rebuild });
    }
    for (const look of [
      () => history.clientIdUse("ann", "c1"),
      () => history.transfer("ann", "BTC"),
    ]) {
      const error = errorOf(look);
      expect(error).toBeInstanceOf(StoreError);
      expect(error).toMatchObject({ fault: "not-a-database", message: rebuild });
    }
    expect(await history.digest()).toMatchObject({ kind: "failure", message: rebuild });
    history.record(busyStory(story.released.length + 100).after(history.lastSequence));
    expect(await history.flushed()).toMatchObject({ kind: "failure", message: rebuild });
  });

  it.each([
    ["an unknown side", "UPDATE trade SET aggressor = 7"],
    ["an unknown name", "UPDATE trade SET market = 999 WHERE market IN (SELECT market FROM trade)"],
    ["an amount that is none", "UPDATE trade SET value = 'much'"],
    ["a price below zero", "UPDATE trade SET price = -1"],
    ["a number that is not exact", "UPDATE trade SET quantity = 9007199254740993"],
  ])("answers with no row that has %s", async (_, sql) => {
    const file = await storedFile(busyStory(60));
    tamper(file, sql);

    const history = await open(file);

    const answer = await history.userFills({ user: "ann", limit: 10 });
    expect(answer).toMatchObject({ kind: "failure", message: rebuild });
  });

  it.each([
    ["a price that is none", "UPDATE bar SET high = -1"],
    ["a sum that is none", "UPDATE bar SET volume = '1.5'"],
    ["a value with more decimals than money has", "UPDATE bar SET value = '1.00000000000000001'"],
    ["a count that is none", "UPDATE bar SET trade_count = -1"],
  ])("answers with no bar that has %s, and adds nothing to it", async (_, sql) => {
    const story = busyStory(60);
    const file = await storedFile(story);
    tamper(file, sql);
    const history = await open(file);

    const query = { market: "BTC_USDT", steps: barSteps, resolutionS: 86_400, limit: 1 } as const;
    expect(await history.bars(query)).toMatchObject({ kind: "failure", message: rebuild });
    history.record(busyStory(90).after(history.lastSequence));
    expect(await history.flushed()).toMatchObject({ kind: "failure", message: rebuild });
  });

  it.each([
    ["its names have a gap", "DELETE FROM name WHERE id = 2"],
    ["it does not say how far it goes", "UPDATE progress SET last_sequence = -1"],
  ])("is refused when %s", async (_, sql) => {
    const file = await storedFile(busyStory(60));
    tamper(file, sql);

    expect(await refusalOf(file)).toMatchObject({ fault: "not-a-database", message: rebuild });
  });

  it("takes no rows that it already has", async () => {
    const story = busyStory(60);
    const file = await storedFile(story);
    tamper(file, "UPDATE progress SET last_sequence = 20");
    const history = await open(file);

    history.record(story.after(20));

    expect(await history.flushed()).toMatchObject({ kind: "failure", message: rebuild });
  });

  it.each([
    ["a changed value", "UPDATE balance_change SET new_held = '1' WHERE ordinal = 0"],
    ["a changed bar", "UPDATE bar SET low = low - 1 WHERE resolution_s = 60"],
    ["a missing bar", "DELETE FROM bar WHERE resolution_s = 86400"],
    ["a missing row", "DELETE FROM trade WHERE sequence = (SELECT max(sequence) FROM trade)"],
  ])("has another digest after %s", async (_, sql) => {
    const story = busyStory(60);
    const whole = await open(newFile());
    await tell(whole, story);
    const file = await storedFile(story);
    tamper(file, sql);

    const [left, right] = [await whole.digest(), await (await open(file)).digest()];

    expect("hash" in left && "hash" in right && left.hash !== right.hash).toBe(true);
  });
});

function spoilPages(file: string, pages: readonly number[], pageBytes: number): void {
  const bytes = readFileSync(file);
  for (const page of pages) bytes.fill(0x5a, (page - 1) * pageBytes, page * pageBytes);
  writeFileSync(file, bytes);
}

/** What work raises. */
function errorOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was raised");
}

describe("the queries of a history", () => {
  it.each(Object.entries(historyQueries))("find %s through an index, in order", (_, sql) => {
    const database = new DatabaseSync(":memory:");
    migrate(database, "history.db", historySchema);

    const plan = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all();

    const steps = plan.map(({ detail }) => String(detail));
    expect(steps.length).toBeGreaterThan(0);
    // One row is found in its order alone.
    const search = /LIMIT 1$/.test(sql) ? /\w+[=>]\?.*/ : /\w+=\?|\w+=\? AND .*/;
    const others = /MERGE \(UNION ALL\)|LEFT|RIGHT|SCALAR SUBQUERY 1/;
    for (const step of steps) {
      expect(step).toMatch(new RegExp(`^(SEARCH .*\\((${search.source})\\)|${others.source})$`));
    }
    database.close();
  });
});
