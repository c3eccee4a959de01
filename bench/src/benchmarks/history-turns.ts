/**
 * How long the event loop of a real server does nothing else while its past is asked for, page after page, alone and
 * while its datasets are recorded, imported, exported and forgotten.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { askStream, CryptomusClient } from "../../../test/support/cryptomus-client.ts";
import { addKey, addUsers } from "../../../test/support/operator.ts";
import { runCommand } from "../../../test/support/server-process.ts";
import type { Benchmark, BenchmarkContext, Figure, Findings } from "../harness/benchmark.ts";
import type { LongTurn, Turns } from "../harness/turn-meter.ts";
import { withFolder } from "../load/disk.ts";
import { candleQuestions, pastQuestions } from "../load/past-questions.ts";
import { storedTrades } from "../load/stored-market.ts";
import { storePast } from "../load/stored-past.ts";
import { WatchedServer } from "../load/watched-server.ts";

/** Milliseconds of processor time in one turn. */
const aimMs = 5;

/** Each thing is done so often before it counts: what is compiled first is no work that comes back. */
const warmUps = 3;
const importedTrades = 100_000;
/** How long a server runs before it forgets for the first time, and how long it is then watched, in milliseconds. */
const untilForgettingMs = 61_000;
const watchedMs = 2_000;

/** The registry's entry. */
export const historyTurns: Benchmark = {
  name: "history-turns",
  summary:
    "longest turn of a server's event loop while its past is asked for, stored and forgotten",
  run,
};

/** Something that a server is asked to do. */
interface Activity {
  readonly name: string;
  run(): Promise<unknown>;
}

function run({ effort, note }: BenchmarkContext): Promise<Findings> {
  return withFolder(async (folder) => {
    const past = {
      trades: effort.isQuick ? 100_000 : 1_000_000,
      minutes: (effort.isQuick ? 2 : 5) * 365 * 1_440,
      exchanged: effort.isQuick ? 100_000 : 1_000_000,
      perSecond: 1_000,
    };
    note("storing a past");
    const config = await storePast(folder, past);
    const server = await WatchedServer.start(config);
    const startedMs = performance.now();
    await using open = new AsyncDisposableStack();
    open.defer(() => server.stop());
    const pages = await pagesOf(server, join(folder, "data"), open);
    const rounds = Math.max(5, effort.runs);
    const watch = (activity: Activity) => watched(server, activity, rounds);
    note("recording alone");
    const seen = [await watch({ name: "nothing but recording", run: () => delay(watchedMs) })];
    note("each page alone");
    for (const page of pages) seen.push(await watch(page));
    note("beside an import, and beside an export");
    for (const other of others(folder, config)) {
      seen.push(await watch(other));
      const name = `all pages beside ${other.name}`;
      const besides: Seen[] = [];
      let isOver = false;
      const repeated = (async () => {
        while (!isOver) await other.run();
      })();
      for (const page of pages) besides.push(await watch(page));
      isOver = true;
      await repeated;
      seen.push(together(name, besides));
    }
    note("while a dataset forgets");
    await delay(Math.max(0, untilForgettingMs - (performance.now() - startedMs)));
    seen.push(await watch({ name: "forgetting a day a second", run: () => delay(watchedMs) }));
    return findings({ seen, parameters: { ...past, rounds } });
  });
}

/** All pages that are asked for, over both protocols. */
async function pagesOf(
  server: WatchedServer,
  data: string,
  open: AsyncDisposableStack,
): Promise<readonly Activity[]> {
  const { key } = addKey(data, "turns");
  const [user] = addUsers(data, 1);
  if (user === undefined) throw new Error("a user is made");
  const http = `http://127.0.0.1:${server.port}`;
  const client = new CryptomusClient({ http, ws: http.replace("http", "ws") }, user);
  const stream = await client.open();
  open.defer(() => stream.socket.terminate());
  return [
    ...pastQuestions.map(({ name, path }) => ({ name, run: () => answered(http, path, key) })),
    ...candleQuestions.map(({ name, params }) => ({
      name,
      async run() {
        const { json, text } = await askStream(stream, "candles_request", params);
        if (json["error"] !== null) throw new Error(text);
      },
    })),
  ];
}

async function answered(http: string, path: string, key: string): Promise<void> {
  const url = `${http}/latest/${path}`;
  const reply = await fetch(url, { headers: { authorization: `apikey ${key}` } });
  const body = await reply.text();
  if (reply.status !== 200) throw new Error(`${url} was answered ${reply.status}: ${body}`);
}

/** What other processes do to the same files. */
function others(folder: string, config: string): readonly Activity[] {
  let imports = 0;
  return [
    {
      name: "an import",
      run() {
        imports += 1;
        const file = join(folder, "trades.csv");
        const rows = storedTrades(imports * importedTrades, importedTrades, 50).map(
          ({ ticker, id, eventTimeUs, price, quantity }) =>
            `${ticker},${id},${eventTimeUs / 1_000},${Number(price) / 100},${Number(quantity) / 100_000}\n`,
        );
        writeFileSync(file, `ticker,id,time,price,quantity\n${rows.join("")}`);
        return done(["import", file, "--dataset", "imported", "--config", config]);
      },
    },
    {
      name: "an export",
      run: () =>
        done([
          ...["export", "--dataset", "tape", "--interval", "trades", "--to", "2020-01-01T01:00Z"],
          ...["--config", config, "--output", join(folder, "trades.out")],
        ]),
    },
  ];
}

async function done(args: readonly string[]): Promise<void> {
  const { code, stderr } = await runCommand(args);
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}: ${stderr}`);
}

/** What the rounds of something were like, in milliseconds. */
interface Seen {
  readonly name: string;
  /** The longest turn of the round in which it was shortest: what comes back is no longer. */
  readonly recurringMs: number;
  readonly longestMs: number;
  readonly collectionMs: number;
  readonly chargedForNothingMs: number;
}

async function watched(server: WatchedServer, activity: Activity, rounds: number): Promise<Seen> {
  for (let time = 0; time < warmUps; time += 1) await activity.run();
  const turns: Turns[] = [];
  for (let round = 0; round < rounds; round += 1) {
    turns.push(await server.watch(() => activity.run()));
  }
  const longest = turns.map(({ long }) => Math.max(0, ...long.map(ownMs)));
  return {
    name: activity.name,
    recurringMs: Math.min(...longest),
    longestMs: Math.max(...longest),
    collectionMs: Math.max(0, ...turns.map(({ longestCollectionMs }) => longestCollectionMs)),
    chargedForNothingMs: Math.max(0, ...turns.map(({ chargedForNothingMs: ms }) => ms)),
  };
}

/** Without the collections in it, which took at most as much processor time as wall time. */
function ownMs({ cpuMs, collectedMs }: LongTurn): number {
  return Math.max(0, cpuMs - collectedMs);
}

function together(name: string, all: readonly Seen[]): Seen {
  const most = (of: (seen: Seen) => number) => Math.max(...all.map(of));
  return {
    name,
    recurringMs: most(({ recurringMs }) => recurringMs),
    longestMs: most(({ longestMs }) => longestMs),
    collectionMs: most(({ collectionMs }) => collectionMs),
    chargedForNothingMs: most(({ chargedForNothingMs }) => chargedForNothingMs),
  };
}

interface Found {
  readonly seen: readonly Seen[];
  readonly parameters: Findings["parameters"];
}

function findings({ seen, parameters }: Found): Findings {
  const all = together("all", seen);
  return {
    method: [
      "A server in a process of its own with datasets on disk, an exchange that has traded, and simulated datasets that are recorded. Each page is asked for alone, one request at a time, in several rounds after some that do not count; then again while another process imports and exports without a pause.",
      "A turn is the processor time of the server's thread between two looks for events, which follow each other without a pause; the kernel is made to bring that time up to date at each look. Collections within it are taken out and stated apart, as wall time.",
      "What a machine takes for interrupts, or for others that share its processors, is charged to whoever runs: a thread that only waits is charged for nothing with what is stated. The aim is judged by what comes back: the longest turn of the round in which it was shortest.",
    ],
    parameters,
    packages: {},
    comparisons: [],
    latencies: [],
    figures: [
      ...seen.flatMap(({ name, recurringMs, longestMs }): readonly Figure[] => [
        { what: `${name}: longest turn that comes back`, value: recurringMs, unit: "ms" },
        { what: `${name}: longest of all`, value: longestMs, unit: "ms" },
      ]),
      { what: "longest collection", value: all.collectionMs, unit: "ms" },
      { what: "charged to a thread that only waits", value: all.chargedForNothingMs, unit: "ms" },
    ],
    aims: [
      {
        what: "longest turn that comes back, whatever is done",
        unit: "ms",
        atMost: aimMs,
        measured: all.recurringMs,
      },
    ],
    leavesOut: ["Several requests at once, whose pieces may come together in one turn."],
  };
}
