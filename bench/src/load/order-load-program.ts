/**
 * The clients of the benchmark `orders`, in a process of their own: every user listens to their private
 * streams and to public depth, and orders fall due on a fixed grid. Prints one JSON object.
 */
import { createHash } from "node:crypto";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import { CryptomusClient, type CryptomusUser } from "../../../test/support/cryptomus-client.ts";
import { cpuNsOf } from "../harness/process-usage.ts";
import { type Percentiles, percentiles } from "../harness/statistics.ts";
import { HttpCaller } from "./http-caller.ts";
import { createRandom } from "./random.ts";

/** What the program is to do. */
export interface OrderLoadPlan {
  readonly port: number;
  /** Where the streams are, where that is another server of the same exchange. */
  readonly streamPort?: number;
  /** Processes whose time is counted, by the name of what they are. */
  readonly serverPids: Readonly<Record<string, readonly number[]>>;
  readonly users: readonly CryptomusUser[];
  readonly market: string;
  readonly ordersPerSecond: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
}

/** What it saw, in milliseconds from when an order was due. */
export interface OrderLoadReport {
  readonly privateEvent: Percentiles;
  readonly reply: Percentiles;
  readonly depth: Percentiles;
  readonly orders: number;
  readonly refused: number;
  /** Orders that were not refused and whose private event did not come. */
  readonly missing: number;
  /** Replies and messages of all streams while it was counted. */
  readonly replies: number;
  readonly messages: number;
  /** Cores that the threads of each part used, user and system, while it was counted. */
  readonly serverCpu: Readonly<Record<string, number>>;
  /** Share of one core that this process used, and its own worst pauses: whether it was in the way. */
  readonly loadCpu: number;
  readonly loopDelayP99: number;
}

const connections = 64;
/** Depth is asked for by orders at prices of their own, this often. */
const probeEveryMs = 50;
const middleTicks = 10_000_000;
const gridMs = 1;
/** How long to wait in the end for private events that are late, in milliseconds: more was offered than could be taken. */
const lateMsMax = 180_000;
/** Depth is told every 100 ms; the last probe has been seen by then. */
const depthMsMax = 500;

/** Orders that were due, by number. */
class Run {
  readonly dueMs: Float64Array;
  readonly privateMs: Float64Array;
  readonly replyMs: Float64Array;
  readonly probes = new Map<string, number>();
  readonly depthMs: number[] = [];
  refused = 0;
  privateEvents = 0;
  replies = 0;
  messages = 0;

  constructor(orders: number) {
    this.dueMs = new Float64Array(orders);
    this.privateMs = new Float64Array(orders).fill(Number.NaN);
    this.replyMs = new Float64Array(orders).fill(Number.NaN);
  }
}

const plan: OrderLoadPlan = JSON.parse(process.argv[2] ?? "{}");
const orders = plan.ordersPerSecond * (plan.warmUpSeconds + plan.seconds);
const run = new Run(orders);
const random = createRandom(20_261_122);
const below = (count: number) => Math.floor(random() * count);
const { streamPort = plan.port } = plan;
const address = { http: `http://127.0.0.1:${streamPort}`, ws: `ws://127.0.0.1:${streamPort}` };

const sockets = await openStreams();
const caller = await HttpCaller.open(plan.port, connections);
process.stdout.write(`${JSON.stringify(await measure())}\n`);
for (const socket of sockets) socket.terminate();
caller.close();

async function openStreams(): Promise<WebSocket[]> {
  const opened: WebSocket[] = [];
  for (const [index, user] of plan.users.entries()) {
    const token = await new CryptomusClient(address, user).token();
    const socket = new WebSocket(`${address.ws}/ws?token=${token}`, { skipUTF8Validation: true });
    await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
    socket.on("message", (data: Buffer) => take(data, index === 0));
    for (const channel of ["order", "deal", "balance"]) {
      socket.send(JSON.stringify({ id: 1, method: `${channel}_subscribe`, params: ["all"] }));
    }
    const depth = { id: 1, method: "depth_subscribe", params: [`${plan.market}:0`] };
    socket.send(JSON.stringify(depth));
    opened.push(socket);
  }
  return opened;
}

/** Looks for what is waited for in the bytes; parsing all of it would be this process's main work. */
function take(data: Buffer, isObserver: boolean): void {
  const nowMs = performance.now();
  run.messages += 1;
  const text = data.toString("latin1", 0, 64);
  if (text.includes("order_update")) {
    const whole = data.toString("latin1");
    if (!whole.includes('"type":"created"')) return;
    const number = Number(/"clientOid":"b(\d+)"/.exec(whole)?.[1]);
    if (!(number < orders)) return;
    run.privateEvents += 1;
    run.privateMs[number] = nowMs - run.dueMs[number]!;
  } else if (isObserver && run.probes.size > 0 && text.includes("depth_update")) {
    const whole = data.toString("latin1");
    for (const [price, dueMs] of run.probes) {
      if (!whole.includes(`["${price}"`)) continue;
      run.depthMs.push(nowMs - dueMs);
      run.probes.delete(price);
    }
  }
}

/** Sends what falls due until `last`, with probes of public depth where they are asked for. */
async function pace(first: number, last: number, hasProbes: boolean): Promise<void> {
  const startMs = performance.now();
  let next = first;
  let probes = 0;
  while (next < last) {
    const nowMs = performance.now();
    const due = first + Math.floor(((nowMs - startMs) * plan.ordersPerSecond) / 1_000);
    for (; next < Math.min(due, last); next += 1) {
      place(next, startMs + ((next - first) * 1_000) / plan.ordersPerSecond);
    }
    if (hasProbes && nowMs >= startMs + probes * probeEveryMs) {
      probes += 1;
      probe(probes, nowMs);
    }
    await delay(gridMs);
  }
}

/** Waits for the private events of the orders so far; resolves with how many did not come. */
async function settle(count: number): Promise<number> {
  const missing = () => count - run.refused - run.privateEvents;
  const giveUpMs = performance.now() + lateMsMax;
  while (missing() > 0 && performance.now() < giveUpMs) await delay(10);
  return missing();
}

async function measure(): Promise<OrderLoadReport> {
  const warmUpOrders = plan.ordersPerSecond * plan.warmUpSeconds;
  await pace(0, warmUpOrders, false);
  const missingBefore = await settle(warmUpOrders);

  const loopDelay = monitorEventLoopDelay({ resolution: 1 });
  loopDelay.enable();
  const { refused, replies, messages } = run;
  const startMs = performance.now();
  const cpu = process.cpuUsage();
  const before = serversNs();
  await pace(warmUpOrders, orders, true);
  const seconds = (performance.now() - startMs) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  const counted = {
    replies: run.replies - replies,
    messages: run.messages - messages,
    serverCpu: Object.fromEntries(
      serversNs().map(([name, ns], at) => [name, (ns - before[at]![1]) / 1e9 / seconds]),
    ),
    loadCpu: (user + system) / 1_000_000 / seconds,
    loopDelayP99: loopDelay.percentile(99) / 1_000_000,
  };
  const missing = (await settle(orders)) - missingBefore;
  await delay(depthMsMax);
  return {
    privateEvent: percentiles(known(run.privateMs.subarray(warmUpOrders))),
    reply: percentiles(known(run.replyMs.subarray(warmUpOrders))),
    depth: percentiles(run.depthMs),
    orders: orders - warmUpOrders,
    refused: run.refused - refused,
    missing,
    ...counted,
  };
}

function serversNs(): readonly (readonly [string, number])[] {
  return Object.entries(plan.serverPids).map(([name, pids]) => [name, cpuNsOf(pids)]);
}

function known(values: Float64Array): Float64Array {
  return values.filter((value) => !Number.isNaN(value));
}

function place(number: number, dueMs: number): void {
  run.dueMs[number] = dueMs;
  const side = below(2) === 0 ? "buy" : "sell";
  // One in five reaches over the middle and trades with what rests there.
  const away = below(50) - 10;
  const ticks = middleTicks + (side === "buy" ? -away : away);
  const quantity = (below(900) + 100) / 100_000;
  submit({ side, ticks, quantity: quantity.toFixed(5), clientId: `b${number}` }, ({ status }) => {
    run.replies += 1;
    if (status !== 200) run.refused += 1;
    else run.replyMs[number] = performance.now() - dueMs;
  });
}

function probe(number: number, dueMs: number): void {
  const ticks = middleTicks - 1_000_000 - number;
  run.probes.set((ticks / 100).toFixed(2).replace(/\.?0+$/, ""), dueMs);
  submit({ side: "buy", ticks, quantity: "0.00100", clientId: `p${number}` }, () => {});
}

interface Order {
  readonly side: string;
  readonly ticks: number;
  readonly quantity: string;
  readonly clientId: string;
}

function submit(
  { side, ticks, quantity, clientId }: Order,
  done: (reply: { status: number }) => void,
) {
  const user = plan.users[below(plan.users.length)]!;
  const price = (ticks / 100).toFixed(2);
  const body = `{"market":"${plan.market}","direction":"${side}","quantity":"${quantity}","price":"${price}","client_order_id":"${clientId}"}`;
  const sign = createHash("md5")
    .update(Buffer.from(body).toString("base64") + user.apiKey)
    .digest("hex");
  caller.call(
    `POST /v2/user-api/exchange/orders HTTP/1.1\r\nHost: localhost\r\nuserId: ${user.userId}\r\nsign: ${sign}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    done,
  );
}
