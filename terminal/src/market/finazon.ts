/**
 * Bars and indicators of datasets, over short-lived keys for strangers. A key that has run out is replaced by a new one, and what
 * was asked with the old one is asked again.
 */
import { ClientError, FinazonRest, FinazonStream } from "@openbourse/client";
import { computed, type ReadonlySignal } from "@preact/signals";
import { Losses } from "../session/losses.ts";
import { anonymousPass } from "../session/pass.ts";
import { offer, patience, serverUrl } from "../session/session.ts";

/** Whether bars and indicators of datasets can be seen here. */
export const hasFinazon: ReadonlySignal<boolean> = computed(
  () => offer.value?.anonymous.includes("finazon") === true,
);

let rest: Promise<FinazonRest> | undefined;
let stream: Promise<FinazonStream> | undefined;
const losses = new Losses();

/** Since when no bars come, in milliseconds since 1970; undefined while they do, and before any was asked for. */
export const barsLostMs: ReadonlySignal<number | undefined> = losses.sinceMs;

/** Asks REST with a key that is taken. */
export async function askFinazon<T>(ask: (rest: FinazonRest) => Promise<T>): Promise<T> {
  try {
    return await ask(await restNow());
  } catch (error) {
    if (!isKeyOver(error)) throw error;
    rest = undefined;
    return ask(await restNow());
  }
}

/** The stream of bars, made when it is first wanted, and anew where its key was not taken any more. */
export async function finazonStream(): Promise<FinazonStream> {
  stream ??= connect();
  const made = await stream;
  if (made.state.state !== "closed") return made;
  stream = connect();
  return stream;
}

async function connect(): Promise<FinazonStream> {
  try {
    const made = new FinazonStream({
      url: serverUrl,
      key: await anonymousPass("finazon"),
      patience,
    });
    losses.goOn(made);
    return made;
  } catch (error) {
    stream = undefined;
    throw error;
  }
}

async function restNow(): Promise<FinazonRest> {
  rest ??= anonymousPass("finazon").then((key) => new FinazonRest({ url: serverUrl, key }));
  try {
    return await rest;
  } catch (error) {
    rest = undefined;
    throw error;
  }
}

function isKeyOver(error: unknown): boolean {
  return error instanceof ClientError && error.fault.kind === "unauthorized";
}
