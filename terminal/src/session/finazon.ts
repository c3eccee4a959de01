/**
 * Bars, indicators and the past of datasets: with an API key that somebody has typed in, or else over short-lived keys for strangers.
 * One of those that has run out is replaced by a new one, and what was asked with the old one is asked again.
 */
import { ClientError, FinazonRest, FinazonStream } from "@openbourse/client";
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { Losses } from "./losses.ts";
import { anonymousPass } from "./pass.ts";
import { behaviour, offer, serverUrl } from "./session.ts";

const typed = signal("");
const connected = signal<FinazonStream | undefined>(undefined);
const losses = new Losses();

/** Whether somebody has given an API key, which stays in the memory of this page. */
export const hasOwnKey: ReadonlySignal<boolean> = computed(() => typed.value !== "");

/** Whether bars and indicators of datasets can be seen here. */
export const hasFinazon: ReadonlySignal<boolean> = computed(
  () => hasOwnKey.value || offer.value?.anonymous.includes("finazon") === true,
);

/** The stream of bars, once something has asked for it, and until it is closed for good. */
export const barStream: ReadonlySignal<FinazonStream | undefined> = connected;

/** Since when no bars come, in milliseconds since 1970; undefined while they do, and before any was asked for. */
export const barsLostMs: ReadonlySignal<number | undefined> = losses.sinceMs;

/** Asks a question of REST. */
export type Ask = <T>(question: (rest: FinazonRest) => Promise<T>) => Promise<T>;

let rest: Promise<FinazonRest> | undefined;
let stream: Promise<FinazonStream> | undefined;
let unwatch = () => {};

/** Uses an API key from now on, once the server has taken it. Rejects with its refusal. */
export async function takeKey(key: string): Promise<void> {
  await new FinazonRest({ url: serverUrl, key }).datasets();
  become(key);
}

/** Forgets the API key. */
export function forgetKey(): void {
  become("");
}

function become(key: string): void {
  unwatch();
  connected.peek()?.close();
  rest = undefined;
  stream = undefined;
  connected.value = undefined;
  typed.value = key;
}

/** Asks REST with a key that is taken. */
export const askFinazon: Ask = async (question) => {
  try {
    return await question(await restNow());
  } catch (error) {
    if (!isKeyOver(error) || hasOwnKey.peek()) throw error;
    rest = undefined;
    return question(await restNow());
  }
};

/** The stream of bars, made when it is first wanted, and anew where its key was not taken any more. */
export async function finazonStream(): Promise<FinazonStream> {
  stream ??= connect();
  const asked = stream;
  const made = await asked;
  if (made.state.state !== "closed") return made;
  // Of several who wait for it, one makes it anew.
  if (stream === asked) stream = undefined;
  return finazonStream();
}

/** A stream by a clock of one's own; whoever asked for it closes it. */
export async function travelStream(session: string): Promise<FinazonStream> {
  return new FinazonStream({ url: serverUrl, key: await keyNow(), session, ...behaviour });
}

async function connect(): Promise<FinazonStream> {
  const before = typed.peek();
  try {
    const made = new FinazonStream({ url: serverUrl, key: await keyNow(), ...behaviour });
    // Another key was given meanwhile.
    if (typed.peek() !== before) {
      made.close();
      return await finazonStream();
    }
    unwatch();
    const stops = [
      losses.goOn(made),
      made.states.listen(({ state }) => {
        // A key that was good once has run out; with one that never was, it would be the same again.
        const isOver = state === "closed" && made.counts.received > 0 && !hasOwnKey.peek();
        if (isOver) connected.value = undefined;
      }),
    ];
    unwatch = () => {
      for (const stop of stops) stop();
    };
    connected.value = made;
    return made;
  } catch (error) {
    stream = undefined;
    throw error;
  }
}

async function restNow(): Promise<FinazonRest> {
  rest ??= keyNow().then((key) => new FinazonRest({ url: serverUrl, key }));
  try {
    return await rest;
  } catch (error) {
    rest = undefined;
    throw error;
  }
}

async function keyNow(): Promise<string> {
  return typed.peek() || (await anonymousPass("finazon"));
}

function isKeyOver(error: unknown): boolean {
  return error instanceof ClientError && error.fault.kind === "unauthorized";
}
