/**
 * The crowd of `socket-crowd/` for machines without a C compiler: the same commands and reports, at
 * several times the cost, which the reports show. See there for what each command means.
 */
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import type { CrowdReport } from "./crowd.ts";
import { decodeScripts, type EncodedScript } from "./crowd-scripts.ts";
import { FrameCounter } from "./frame-counter.ts";
import { LatencyHistogram } from "./histogram.ts";

const connectingMax = 256;
const openTimeoutMs = 120_000;
const pollMs = 1;
const mark = "~".charCodeAt(0);
const markDigits = 16;
const nsPerMs = 1_000_000;
const headEnd = "\r\n\r\n";

type State = "connecting" | "joining" | "ready" | "gone";

const nowNs = () => Number(process.hrtime.bigint());

/** Everything that a report tells. */
class Counters {
  frames = 0;
  marked = 0;
  cut = 0;
  bytes = 0;
  closed = 0;
  refused = 0;
  readonly latency = new LatencyHistogram();
  readonly sinceNs = nowNs();
  readonly cpuSince = process.cpuUsage();
}

let counters = new Counters();
let clients: Client[] = [];
let phaseMs = 0;

/** One connection. */
class Client {
  state: State = "connecting";
  isPaused = false;
  frames = 0;
  /** When it was ready, in nanoseconds after it was due. */
  readyAfterNs = 0;
  readonly #socket: Socket;
  readonly #script: EncodedScript;
  readonly #dueNs: number;
  readonly #frameCounter: FrameCounter;
  #answer = "";
  #framesUntilReady: number;

  constructor(port: number, script: EncodedScript, readyFrames: number) {
    this.#dueNs = nowNs();
    this.#script = script;
    this.#framesUntilReady = readyFrames;
    this.#frameCounter = new FrameCounter({
      payload: countMarks,
      frame: () => this.#frame(),
      ping: (payload) =>
        this.#socket.write(
          Buffer.concat([Buffer.from([0x8a, 0x80 | payload.length, 0, 0, 0, 0]), payload]),
        ),
    });
    this.#socket = connect(port, "127.0.0.1", () => this.#socket.write(script.request));
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => this.#gone());
    this.#socket.on("data", (bytes: Buffer) => this.#take(bytes));
  }

  pause(isPaused: boolean): void {
    this.isPaused = isPaused;
    if (isPaused) this.#socket.pause();
    else this.#socket.resume();
  }

  close(): void {
    this.state = "gone";
    this.#socket.resetAndDestroy();
  }

  #take(bytes: Buffer): void {
    counters.bytes += bytes.length;
    if (this.state !== "connecting") {
      this.#frameCounter.take(bytes);
      return;
    }
    this.#answer += bytes.toString("latin1");
    const end = this.#answer.indexOf(headEnd);
    if (end < 0) return;
    if (!this.#answer.startsWith("HTTP/1.1 101")) {
      this.#socket.destroy();
      return;
    }
    const rest = Buffer.from(this.#answer.slice(end + headEnd.length), "latin1");
    this.state = "joining";
    this.#socket.write(this.#script.after);
    if (this.#framesUntilReady === 0) this.#ready();
    this.#frameCounter.take(rest);
  }

  #frame(): void {
    counters.frames += 1;
    this.frames += 1;
    if (phaseMs > 0) counters.latency.add((Date.now() % phaseMs) * nsPerMs);
    if (this.state !== "joining") return;
    this.#framesUntilReady -= 1;
    if (this.#framesUntilReady === 0) this.#ready();
  }

  #ready(): void {
    this.state = "ready";
    this.readyAfterNs = nowNs() - this.#dueNs;
  }

  #gone(): void {
    if (this.state === "gone") return;
    if (this.state === "connecting") counters.refused += 1;
    else counters.closed += 1;
    this.state = "gone";
  }
}

function countMarks(part: Buffer): void {
  const receivedNs = nowNs();
  for (let at = part.indexOf(mark); at >= 0; at = part.indexOf(mark, at + 1)) {
    counters.marked += 1;
    const digits = part.toString("latin1", at + 1, at + 1 + markDigits);
    if (digits.length < markDigits) counters.cut += 1;
    else if (phaseMs === 0) counters.latency.add(Math.max(0, receivedNs - Number(digits)));
  }
}

function report(): CrowdReport {
  const { user, system } = process.cpuUsage(counters.cpuSince);
  const ready = clients.filter(({ state }) => state === "ready");
  const frames = ready.filter(({ isPaused }) => !isPaused).map((client) => client.frames);
  const { closed, refused, marked, cut, bytes, latency, sinceNs } = counters;
  const cpuNs = (user + system) * 1_000;
  const wallNs = nowNs() - sinceNs;
  const told: CrowdReport = {
    ready: ready.length,
    closed,
    refused,
    frames: counters.frames,
    marked,
    cut,
    bytes,
    framesLeast: frames.reduce((least, count) => Math.min(least, count), frames[0] ?? 0),
    framesMost: frames.reduce((most, count) => Math.max(most, count), 0),
    wallNs,
    cpuNs,
    idleNs: Math.max(0, wallNs - cpuNs),
    latency: latency.buckets(),
    worstNs: latency.worstNs,
  };
  startCounting();
  return told;
}

function startCounting(): void {
  counters = new Counters();
  for (const client of clients) client.frames = 0;
}

async function open(port: number, words: readonly string[]): Promise<object> {
  const [count = 0, spreadMs = 0, readyFrames = 0] = words.slice(0, 3).map(Number);
  const scripts = decodeScripts(readFileSync(words.slice(3).join(" ")));
  const startMs = performance.now();
  const opened: Client[] = [];
  const isUnsettled = ({ state }: Client) => state === "connecting" || state === "joining";
  const connecting = () => opened.filter(({ state }) => state === "connecting").length;
  while (opened.length < count || opened.some(isUnsettled)) {
    const sinceMs = performance.now() - startMs;
    if (sinceMs > openTimeoutMs) break;
    const due = spreadMs === 0 ? count : Math.min(count, Math.ceil((sinceMs / spreadMs) * count));
    for (let free = connectingMax - connecting(); opened.length < due && free > 0; free -= 1) {
      const script = scripts[(clients.length + opened.length) % scripts.length]!;
      opened.push(new Client(port, script, readyFrames));
    }
    await delay(pollMs);
  }
  clients.push(...opened);
  const latency = new LatencyHistogram();
  const ready = opened.filter(({ state }) => state === "ready");
  for (const { readyAfterNs } of ready) latency.add(readyAfterNs);
  const answer = {
    ready: clients.filter(({ state }) => state === "ready").length,
    refused: counters.refused,
    tookNs: (performance.now() - startMs) * nsPerMs,
    worstNs: latency.worstNs,
    latency: latency.buckets(),
  };
  startCounting();
  return answer;
}

async function wait([marked = 0, timeoutMs = 0]: readonly number[]): Promise<CrowdReport> {
  const untilMs = performance.now() + timeoutMs;
  while (counters.marked < marked && performance.now() < untilMs) await delay(pollMs);
  return report();
}

function pause(count: number): CrowdReport {
  clients.forEach((client, at) => {
    if (client.state === "ready" && client.isPaused !== at < count) client.pause(at < count);
  });
  return report();
}

function close(): CrowdReport {
  for (const client of clients) client.close();
  clients = [];
  return report();
}

async function obey(port: number, line: string): Promise<object> {
  const [command = "", ...words] = line.split(" ");
  switch (command) {
    case "open":
      return open(port, words);
    case "wait":
      return wait(words.map(Number));
    case "phase":
      phaseMs = Number(words[0]);
      return report();
    case "pause":
      return pause(Number(words[0]));
    case "close":
      return close();
    case "report":
      return report();
    default:
      throw new Error(`${line} is no command`);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await obey(Number(process.argv[2]), line)));
}
process.exit();
