/**
 * One order that fills or cancels 10,000 others, and how long everybody else waits for it: the
 * command itself, its events on the private streams of both sides, and its trades to the public.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import {
  CryptomusClient,
  type CryptomusUser,
  signatureOf,
} from "../../../test/support/cryptomus-client.ts";
import { addFundedUsers, addMarket } from "../../../test/support/operator.ts";
import { type ServerProcess, startServerProcess } from "../../../test/support/server-process.ts";
import type {
  Benchmark,
  BenchmarkContext,
  Figure,
  Findings,
  Latency,
} from "../harness/benchmark.ts";
import { percentiles, spread } from "../harness/statistics.ts";
import { exchangeAlone } from "../load/exchange-alone.ts";
import { HttpCaller } from "../load/http-caller.ts";
import type { FirstCommand } from "./sweep-first-program.ts";

/** Orders that one user may have open; all of them go at once. */
const ordersMax = 10_000;
const market = "BTC_USDT";
const connections = 16;
/** How often the innocent place an order, in milliseconds. */
const everyMs = 5;
/** How long they do so before the sweep, and after it. */
const beforeMs = 500;
const afterMs = 2_500;
/** Milliseconds that others may wait because of one command. */
const aimMs = 250;
/** Processor time that applying one may take, also as the first of its process. */
const applyAimMs = 60;

/** The registry's entry. */
export const sweep: Benchmark = {
  name: "sweep",
  summary: "one order fills or stops 10,000 resting orders: how long all others wait",
  run,
};

/** What rests, and what sets it off. */
interface Scenario {
  readonly name: string;
  /** Fields of the resting order of a number. */
  resting(index: number): object;
  /** Fields of the market order that sets all of them off. */
  trigger(orders: number): object;
  /** Messages on the private streams that tell of it, for each resting order. */
  readonly messagesEach: number;
}

const scenarios: readonly Scenario[] = [
  {
    name: "10,000 fills",
    resting: (index) => ({ direction: "sell", price: String(20_000 + index), quantity: "0.001" }),
    trigger: (orders) => ({ direction: "buy", quantity: (orders / 1_000).toFixed(3) }),
    messagesEach: 6,
  },
  {
    name: "10,000 stops",
    resting: (index) => ({
      direction: "sell",
      price: String(20_000 + index),
      quantity: "0.001",
      stop_loss_price: "11000",
    }),
    trigger: () => ({ direction: "sell", quantity: "0.001" }),
    messagesEach: 2,
  },
];

/** How it went once. */
interface Outcome {
  readonly replies: readonly number[];
  readonly triggerMs: number;
  /** From the order to the last private message that tells of it. */
  readonly toldMs: number;
  /** The longest that the server's event loop did nothing else. */
  readonly longestTurnMs: number;
}

async function run({ effort, note }: BenchmarkContext): Promise<Findings> {
  const orders = effort.isQuick ? ordersMax / 5 : ordersMax;
  const latencies: Latency[] = [];
  const figures: Figure[] = [];
  let worstMs = 0;
  for (const scenario of scenarios) {
    const outcomes = await measure(scenario, orders, effort.warmUps + effort.runs, note);
    const counted = outcomes.slice(effort.warmUps);
    const replies = percentiles(counted.flatMap((outcome) => outcome.replies));
    worstMs = Math.max(worstMs, replies.worst);
    latencies.push({ what: `reply to others, ${scenario.name}`, unit: "ms", percentiles: replies });
    const figure = (what: string, of: (outcome: Outcome) => number) => {
      const { median, max } = spread(counted.map(of));
      figures.push({ what: `${what}, ${scenario.name}, median`, value: median, unit: "ms" });
      figures.push({ what: `${what}, ${scenario.name}, worst`, value: max, unit: "ms" });
    };
    figure("reply to the order that does it", ({ triggerMs }) => triggerMs);
    figure("last private message of it", ({ toldMs }) => toldMs);
    figure("longest turn of the server's event loop", ({ longestTurnMs }) => longestTurnMs);
  }
  const first = measureFirst(effort.isQuick ? 3 : 9, note);
  figures.push(...first.figures);
  return {
    method: [
      "A server process with one market. One user has all the resting orders; they and the one who sets them off are subscribed to their orders, deals and balances, a third to trades and depth.",
      `Meanwhile another user places a limit order every ${everyMs} ms over connections of their own, each counted from when it was due until its reply.`,
      `Counted are the orders from ${beforeMs} ms before the sweep to ${afterMs} ms after it, so that the worst of them says how long others wait.`,
      "First command of a fresh process: a program that prepares as a server's start does, or does not, and has an exchange of its own with 10,000 resting orders; counted is the thread's processor time of applying the one command that fills or stops them, each time in a new process.",
      "The longest turn is the largest event-loop delay that the server's metrics tell of that time.",
    ],
    parameters: { orders, everyMs },
    packages: {},
    comparisons: [],
    latencies,
    figures,
    aims: [
      { what: "longest wait of others", unit: "ms", atMost: aimMs, measured: worstMs },
      {
        what: "applying the first command of a fresh process, worst",
        unit: "ms of processor time",
        atMost: applyAimMs,
        measured: first.worstMs,
      },
    ],
    leavesOut: ["A network, and TLS: clients are on the same cores as the server."],
  };
}

/** What applying takes as the first large command of a process, prepared as by a start, and without. */
function measureFirst(
  runs: number,
  note: (text: string) => void,
): { readonly figures: readonly Figure[]; readonly worstMs: number } {
  const program = join(import.meta.dirname, "sweep-first-program.ts");
  const figures: Figure[] = [];
  let worstMs = 0;
  for (const preparing of ["prepared", "unprepared"]) {
    for (const what of ["fills", "stops"]) {
      note(`first command of a fresh process, 10,000 ${what}, ${preparing}`);
      const found = Array.from({ length: runs }, () => {
        const output = execFileSync(process.execPath, [program, what, preparing]);
        return (JSON.parse(output.toString()) as FirstCommand).cpuMs;
      });
      const name = `first command of a fresh process, 10,000 ${what}, ${preparing}`;
      const { min, median, max } = spread(found);
      if (preparing === "prepared") worstMs = Math.max(worstMs, max);
      for (const [which, value] of Object.entries({ least: min, median, worst: max })) {
        figures.push({ what: `${name}, ${which}`, value, unit: "ms of processor time" });
      }
    }
  }
  return { figures, worstMs };
}

/** The same over and over in one server, as the first time is that of a cold program. */
async function measure(
  scenario: Scenario,
  orders: number,
  rounds: number,
  note: (text: string) => void,
): Promise<readonly Outcome[]> {
  await using building = new AsyncDisposableStack();
  const server = await startServerProcess({ yaml: exchangeAlone });
  building.defer(async () => {
    await server.stop();
  });
  await addMarket(server.data, { code: market, tick: "0.01", lot: "0.00001", bandPercent: "100" });
  const users = await addFundedUsers(server.data, 4, { BTC: "1000000", USDT: "100000000000" });
  const watch = await Watch.open(server, users);
  building.defer(() => watch.close());
  const outcomes: Outcome[] = [];
  for (let round = 0; round < rounds; round += 1) {
    note(`${scenario.name}, round ${round + 1}`);
    outcomes.push(await once({ scenario, orders, server, users, watch }));
  }
  return outcomes;
}

interface Setting {
  readonly scenario: Scenario;
  readonly orders: number;
  readonly server: ServerProcess;
  readonly users: readonly CryptomusUser[];
  readonly watch: Watch;
}

async function once(setting: Setting): Promise<Outcome> {
  const { scenario, orders, server, users, watch } = setting;
  const caller = await HttpCaller.open(server.port, connections);
  const [maker, taker, bystander] = users as [CryptomusUser, CryptomusUser, CryptomusUser];
  // A price above the stops, and a bid below them.
  await place(caller, bystander, { direction: "sell", price: "15000", quantity: "0.001" });
  await place(caller, taker, { direction: "buy", quantity: "0.001" }, "/market");
  const resting = Array.from({ length: orders }, (_, index) =>
    place(caller, maker, scenario.resting(index)),
  );
  await Promise.all(resting);
  const bid = { direction: "buy", price: "10000", quantity: "0.001" };
  await place(caller, bystander, bid);
  await longestTurn(server);
  // Opened when they are needed: a server closes connections that are idle.
  const innocents = await HttpCaller.open(server.port, connections);
  const trigger = await HttpCaller.open(server.port, 1);

  const replies: Promise<number>[] = [];
  const started = performance.now();
  let sweeping: Promise<readonly [number, number]> | undefined;
  const target = watch.messages + scenario.messagesEach * orders;
  for (let due = started; due < started + beforeMs + afterMs; due += everyMs) {
    while (performance.now() < due) await delay(1);
    if (sweeping === undefined && due >= started + beforeMs) {
      const sent = performance.now();
      sweeping = Promise.all([
        place(trigger, taker, scenario.trigger(orders), "/market").then(
          () => performance.now() - sent,
        ),
        watch.reached(target).then(() => performance.now() - sent),
      ]);
    }
    const order = { direction: "buy", price: "5000", quantity: "0.001" };
    replies.push(place(innocents, bystander, order).then(() => performance.now() - due));
  }
  const [triggerMs, toldMs] = (await sweeping) ?? [Number.NaN, Number.NaN];
  const waits = await Promise.all(replies);
  for (const open of [caller, innocents, trigger]) open.close();
  return { replies: waits, triggerMs, toldMs, longestTurnMs: await longestTurn(server) };
}

const path = "/v2/user-api/exchange/orders";

function place(
  caller: HttpCaller,
  { userId, apiKey }: CryptomusUser,
  fields: object,
  route = "",
): Promise<void> {
  const body = JSON.stringify({ market, ...fields });
  const sign = signatureOf(body, apiKey);
  const request = `POST ${path}${route} HTTP/1.1\r\nHost: localhost\r\nuserId: ${userId}\r\nsign: ${sign}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  return new Promise((resolve, reject) => {
    caller.call(request, (reply) => {
      if (reply.status === 200) resolve();
      else reject(new Error(`${body}: ${reply.status} ${reply.body}`));
    });
  });
}

/** The largest delay of the server's event loop since it was last asked. */
async function longestTurn(server: ServerProcess): Promise<number> {
  const text = await (await fetch(`${server.http}/metrics`)).text();
  return Number(/^nodejs_eventloop_lag_max_seconds (\S+)/m.exec(text)?.[1]) * 1_000;
}

/** The streams of those whom a sweep concerns; counts the messages of the private ones. */
class Watch {
  messages = 0;
  readonly #sockets: WebSocket[] = [];
  #waiting: { readonly target: number; readonly done: () => void } | undefined;

  static async open(server: ServerProcess, users: readonly CryptomusUser[]): Promise<Watch> {
    const watch = new Watch();
    const own = ["order", "deal", "balance"].map((channel) => [channel, "all"] as const);
    const [maker, taker, , onlooker] = users as [
      CryptomusUser,
      CryptomusUser,
      CryptomusUser,
      CryptomusUser,
    ];
    await watch.#subscribe(server, maker, own, true);
    await watch.#subscribe(server, taker, own, true);
    const open = [
      ["trades", market],
      ["depth", `${market}:0`],
    ] as const;
    await watch.#subscribe(server, onlooker, open, false);
    return watch;
  }

  /** Resolves when so many private messages have come. */
  reached(target: number): Promise<void> {
    if (this.messages >= target) return Promise.resolve();
    return new Promise((done) => {
      this.#waiting = { target, done };
    });
  }

  close(): void {
    for (const socket of this.#sockets) socket.terminate();
  }

  async #subscribe(
    server: ServerProcess,
    user: CryptomusUser,
    channels: readonly (readonly [string, string])[],
    isPrivate: boolean,
  ): Promise<void> {
    const token = await new CryptomusClient(server, user).token();
    const socket = new WebSocket(`${server.ws}/ws?token=${token}`, { skipUTF8Validation: true });
    await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
    this.#sockets.push(socket);
    if (isPrivate) socket.on("message", () => this.#count());
    for (const [channel, param] of channels) {
      socket.send(JSON.stringify({ id: 1, method: `${channel}_subscribe`, params: [param] }));
    }
  }

  #count(): void {
    this.messages += 1;
    if (this.#waiting === undefined || this.messages < this.#waiting.target) return;
    this.#waiting.done();
    this.#waiting = undefined;
  }
}
