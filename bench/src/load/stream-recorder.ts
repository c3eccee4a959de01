/**
 * Records what a server sends to one who subscribes to everything: time, topic and length of each
 * message, so that peers can be given the same to send. It keeps no text.
 */
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import type { ServerProcess } from "../../../test/support/server-process.ts";
import type { RecordedFlush, Recording } from "../peers/fanout/fanout-program.ts";
import { subscribeToBars, subscribeToDepth } from "./market-open-shape.ts";

const periodMs = 1_000;
/** What was sent within the period may come a little later. */
const graceMs = 200;
/** Messages that came within this time were sent at once. */
const sameFlushMs = 2;

/** What is to be recorded. */
export interface RecorderOptions {
  readonly server: ServerProcess;
  readonly tickers: readonly string[];
  readonly markets: readonly string[];
}

interface Arrival {
  readonly atMs: number;
  readonly topic: number;
  readonly bytes: number;
}

/**
 * Listens for a while and keeps one second, from the middle of one to the middle of the next, so that the
 * bars of just one boundary are in it. Topics are numbered tickers first, then markets.
 */
export async function recordStreams(options: RecorderOptions): Promise<Recording> {
  const { server, tickers, markets } = options;
  const arrivals: Arrival[] = [];
  const note = (topic: number, bytes: number) => {
    if (topic >= 0) arrivals.push({ atMs: Date.now(), topic, bytes });
  };
  const bars = await open(`${server.ws}/v1?apikey=${server.demoKey}`, subscribeToBars(tickers));
  bars.on("message", (data: Buffer) => {
    note(tickers.indexOf(JSON.parse(String(data)).s), data.length);
  });
  const depth = await open(`${server.ws}/ws`, subscribeToDepth(markets));
  depth.on("message", (data: Buffer) => {
    const market = markets.indexOf(JSON.parse(String(data)).data?.market);
    note(market < 0 ? -1 : tickers.length + market, data.length);
  });
  const fromMs = Math.ceil(Date.now() / periodMs) * periodMs + periodMs + periodMs / 2;
  await delay(fromMs + periodMs - Date.now() + graceMs);
  bars.terminate();
  depth.terminate();
  const kept = arrivals.filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + periodMs);
  return { periodMs, flushes: flushesOf(kept) };
}

async function open(url: string, request: string): Promise<WebSocket> {
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => socket.on("open", resolve).on("error", reject));
  socket.send(request);
  return socket;
}

function flushesOf(arrivals: readonly Arrival[]): readonly RecordedFlush[] {
  const flushes: { atMs: number; messages: (readonly [number, number])[] }[] = [];
  const startMs = arrivals[0]?.atMs ?? 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const { atMs, topic, bytes } of arrivals) {
    if (atMs - lastMs > sameFlushMs) flushes.push({ atMs: atMs - startMs, messages: [] });
    flushes.at(-1)?.messages.push([topic, bytes]);
    lastMs = atMs;
  }
  return flushes;
}
