/**
 * What the servers that are written in Node have in common: they print `ready PORT`, and are told on
 * standard input what to publish when. How messages travel is not decided here.
 */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";

/** The same number of messages again and again, one for each topic. */
export interface GridLoad {
  readonly kind: "grid";
  readonly flushes: number;
  readonly intervalMs: number;
  /** Messages of a flush. */
  readonly messages: number;
  /** Length of a message. */
  readonly bytes: number;
}

/** What was recorded, so many times over. */
export interface ReplayLoad {
  readonly kind: "replay";
  /** A {@link Recording} as JSON. */
  readonly file: string;
  readonly times: number;
}

/** What is to be published. */
export type Load = GridLoad | ReplayLoad;

/** Flushes in rising order of time, within a period. */
export interface Recording {
  readonly periodMs: number;
  readonly flushes: readonly RecordedFlush[];
}

/** What was sent at one moment. */
export interface RecordedFlush {
  readonly atMs: number;
  /** Topic and length of each message. */
  readonly messages: readonly (readonly [number, number])[];
}

/** One message on its way to those who subscribe to its topic. */
export interface Outgoing {
  readonly topic: number;
  readonly text: string;
}

/** Sends all messages of a flush. */
export type Publish = (messages: readonly Outgoing[]) => void;

/** Says that the server is ready, and publishes what it is told to. */
export async function obeyCommands(port: number, publish: Publish): Promise<void> {
  console.log(`ready ${port}`);
  for await (const line of createInterface({ input: process.stdin })) {
    await publishLoad(parseLoad(line), publish);
    console.log("done");
  }
  // Whoever gave the commands is gone; the server would listen on for ever.
  process.exit();
}

/** Publishes each flush when it is due; one that is late is made up for at once. */
export async function publishLoad(load: Load, publish: Publish): Promise<void> {
  const startMs = performance.now();
  for (const { atMs, messages } of flushesOf(load)) {
    const waitMs = startMs + atMs - performance.now();
    if (waitMs > 0) await delay(waitMs);
    const sent = String(process.hrtime.bigint()).padStart(16, "0");
    publish(messages.map(([topic, bytes]) => ({ topic, text: markedMessage(topic, sent, bytes) })));
  }
}

/** The line that tells a program of a load. */
export function loadCommand(load: Load): string {
  if (load.kind === "replay") return `replay ${load.times} ${load.file}`;
  return `publish ${load.flushes} ${load.intervalMs} ${load.messages} ${load.bytes}`;
}

/** Reads such a line. */
export function parseLoad(line: string): Load {
  const [word, ...rest] = line.split(" ");
  if (word === "replay") {
    const [times = "", ...path] = rest;
    return { kind: "replay", times: Number(times), file: path.join(" ") };
  }
  if (word !== "publish") throw new Error(`not understood: ${line}`);
  const [flushes = 0, intervalMs = 0, messages = 0, bytes = 0] = rest.map(Number);
  return { kind: "grid", flushes, intervalMs, messages, bytes };
}

/** A message with its time in it, filled up to a length; the same text that the C program writes. */
export function markedMessage(topic: number, sent: string, bytes: number): string {
  const head = `{"topic":${topic},"sent":"~${sent}","fill":"`;
  return `${head.padEnd(bytes - 2, "x")}"}`;
}

/** The topics that a client asks for with `?topics=1,5`; all of them when it does not say. */
export function topicsOf(asked: string | null | undefined, count: number): readonly number[] {
  if (asked) return asked.split(",").map(Number);
  return Array.from({ length: count }, (_, topic) => topic);
}

function* flushesOf(load: Load): Generator<RecordedFlush> {
  if (load.kind === "grid") {
    const { bytes } = load;
    const messages = Array.from(
      { length: load.messages },
      (_, topic): readonly [number, number] => [topic, bytes],
    );
    for (let at = 0; at < load.flushes; at += 1) yield { atMs: at * load.intervalMs, messages };
    return;
  }
  const { periodMs, flushes } = JSON.parse(readFileSync(load.file, "utf8")) as Recording;
  for (let time = 0; time < load.times; time += 1) {
    for (const { atMs, messages } of flushes) yield { atMs: time * periodMs + atMs, messages };
  }
}
