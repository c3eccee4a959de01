/**
 * What an ordinary user notices while others attack the server: how long orders take, and how much
 * memory the server needs, for each attack and for all of them together.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { attackNames, signed, type Target } from "../../../test/support/attacks.ts";
import type { CryptomusUser } from "../../../test/support/cryptomus-client.ts";
import { addKey, addMarket, addUsers, deposit } from "../../../test/support/operator.ts";
import { type ServerProcess, startServerProcess } from "../../../test/support/server-process.ts";
import type { Benchmark, BenchmarkContext, Findings, Latency } from "../harness/benchmark.ts";
import { residentBytesOf, watchResident } from "../harness/process-usage.ts";
import { percentiles } from "../harness/statistics.ts";
import type { AttackPlan } from "../load/attack-program.ts";
import { withFolder } from "../load/disk.ts";
import { HttpCaller, type Reply } from "../load/http-caller.ts";

/** Milliseconds within which 99 of 100 orders are answered while all attacks go on. */
const aimLatencyMs = 250;
const aimMebibytes = 600;
const mebibyte = 1_048_576;
const orderEveryMs = 50;
const openOrders = 5_000;
const calmSeconds = 3;
const market = "BTC_USDT";
const ordersPath = "/v2/user-api/exchange/orders";

const yaml = `
exchange: { participants: { enabled: false } }
demo: { users: false }
limits: { connectionsMax: 100 }
log: { level: warn }
`;

/** The registry's entry. */
export const hostile: Benchmark = {
  name: "hostile",
  summary: "an ordinary user's orders, and the server's memory, while others attack it",
  run,
};

/** What was seen while some attacks went on. */
interface Round {
  readonly what: string;
  /** Milliseconds from when each order was due until it was answered. */
  readonly tookMs: readonly number[];
  /** Orders that were not taken. */
  readonly failed: number;
  readonly residentMost: number;
}

async function run({ effort, note }: BenchmarkContext): Promise<Findings> {
  const seconds = effort.isQuick ? 4 : 12;
  const rounds = await withFolder(async (folder) => {
    const data = join(folder, "data");
    const server = await startServerProcess({ yaml, data });
    const { user, target } = await prepare(server, note);
    const done: Round[] = [];
    for (const attacking of [[], ...attackNames.map((name) => [name]), attackNames]) {
      const what = attacking.length > 1 ? "all together" : (attacking[0] ?? "nobody attacks");
      note(what);
      done.push({ what, ...(await attacked(server, { names: attacking, target }, user, seconds)) });
      await delay(calmSeconds * 1_000);
    }
    await server.stop();
    return done;
  });
  return findings(rounds, seconds);
}

async function prepare(
  { data, port, demoKey }: ServerProcess,
  note: (text: string) => void,
): Promise<{ user: CryptomusUser; target: Target }> {
  await addMarket(data, { code: market, tick: "0.01", lot: "0.00001" });
  const [user, poor, busy] = addUsers(data, 3) as [CryptomusUser, CryptomusUser, CryptomusUser];
  for (const { userId } of [user, busy]) {
    await deposit(data, { user: userId, currency: "USDT", amount: "1000000000" });
  }
  note(`${openOrders} open orders`);
  const caller = await HttpCaller.open(port, 4);
  let placed = 0;
  const place = async (): Promise<void> => {
    while (placed < openOrders) {
      placed += 1;
      const reply = await call(caller, limitOrder(busy, (placed % 1_000) + 1));
      if (reply.status !== 429) continue;
      placed -= 1;
      await delay(100);
    }
  };
  await Promise.all([place(), place(), place(), place()]);
  caller.close();
  const streamKey = addKey(data, "attacker").key;
  return { user, target: { port, poor, busy, streamKey: streamKey ?? demoKey } };
}

function limitOrder(user: CryptomusUser, price: number): string {
  const order = { market, direction: "buy", quantity: "0.01", price: String(price), tag: "" };
  return signed("POST", ordersPath, { user, body: JSON.stringify(order) });
}

function call(caller: HttpCaller, request: string): Promise<Reply> {
  return new Promise((resolve) => caller.call(request, resolve));
}

async function attacked(
  { port, process: { pid = 0 } }: ServerProcess,
  plan: AttackPlan,
  user: CryptomusUser,
  seconds: number,
): Promise<Omit<Round, "what">> {
  const caller = await HttpCaller.open(port, 8);
  await call(caller, limitOrder(user, 1));
  const program = join(import.meta.dirname, "..", "load", "attack-program.ts");
  const child = spawn(process.execPath, [program, JSON.stringify(plan)], { stdio: "inherit" });
  const memory = watchResident(pid, 50);
  // Attackers need a while to connect.
  await delay(1_000);
  const count = (seconds * 1_000) / orderEveryMs;
  const tookMs: number[] = [];
  let failed = 0;
  const startMs = performance.now();
  const answers: Promise<void>[] = [];
  for (let number = 0; number < count; number += 1) {
    const dueMs = startMs + number * orderEveryMs;
    await delay(Math.max(0, dueMs - performance.now()));
    answers.push(
      call(caller, limitOrder(user, (number % 1_000) + 1)).then(({ status }) => {
        tookMs.push(performance.now() - dueMs);
        if (status !== 200) failed += 1;
      }),
    );
  }
  await Promise.race([Promise.all(answers), delay(30_000)]);
  const unanswered = count - tookMs.length;
  child.kill("SIGKILL");
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  const residentMost = Math.max(...memory.stop(), residentBytesOf(pid));
  caller.close();
  return { tookMs, failed: failed + unanswered, residentMost };
}

function findings(rounds: readonly Round[], seconds: number): Findings {
  const latencies: readonly Latency[] = rounds.map(({ what, tookMs }) => ({
    what: `order due until answered, ${what}`,
    unit: "ms",
    percentiles: percentiles(tookMs),
  }));
  const all = latencies.at(-1)!;
  const asked = (rounds.length * seconds * 1_000) / orderEveryMs;
  const taken = asked - rounds.reduce((sum, round) => sum + round.failed, 0);
  const most = Math.max(...rounds.map(({ residentMost }) => residentMost)) / mebibyte;
  return {
    method: [
      "A server process with the limits that it has by itself; an ordinary user who places an order every 50 ms over kept-alive connections; attackers in a process of their own, who ask as fast as they are answered, for each attack and for all together.",
      "Everything comes from loopback, so the bounds for single addresses do not help: what is measured is what holds without them.",
      "Latency counts from when an order was due, so a pause of the server counts for every order in it. Memory is the most that was resident, looked at 20 times a second.",
    ],
    parameters: { seconds, openOrders, attacks: rounds.length - 2, orderEveryMs },
    packages: {},
    comparisons: [],
    latencies,
    figures: rounds.map(({ what, residentMost }) => ({
      what: `resident at most, ${what}`,
      value: residentMost / mebibyte,
      unit: "MiB",
    })),
    aims: [
      {
        what: "p99 of an order while all attack together",
        unit: "ms",
        atMost: aimLatencyMs,
        measured: all.percentiles.p99,
      },
      { what: "memory at any time", unit: "MiB", atMost: aimMebibytes, measured: most },
      { what: "orders taken", unit: `of ${asked}`, atLeast: asked, measured: taken },
    ],
    leavesOut: [
      "More bandwidth than one machine has: a flood that fills the line has to be stopped before it.",
      "TLS handshakes in great number, which cost the server as much as the attacker.",
    ],
  };
}
