/** Who asks for the past on this page: a visitor where visitors are served, else whoever types in an API key, which stays in memory. */
import { FinazonRest, FinazonStream } from "@openbourse/client";
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { askFinazon, finazonStream, hasFinazon } from "../market/finazon.ts";
import { anonymousPass } from "../session/pass.ts";
import { serverUrl } from "../session/session.ts";
import type { Ask } from "./export.ts";

/** An API key that was typed in; empty where there is none. */
export const ownKey: Signal<string> = signal("");

/** Whether the past can be asked for. */
export const canAsk: ReadonlySignal<boolean> = computed(
  () => ownKey.value !== "" || hasFinazon.value,
);

let own: { readonly key: string; readonly rest: FinazonRest; stream?: FinazonStream } | undefined;

/** Asks REST. */
export const ask: Ask = (question) => {
  const mine = ownNow();
  return mine === undefined ? askFinazon(question) : question(mine.rest);
};

/** The stream of bars. */
export async function barStream(): Promise<FinazonStream> {
  const mine = ownNow();
  if (mine === undefined) return await finazonStream();
  if (mine.stream === undefined || mine.stream.state.state === "closed")
    mine.stream = new FinazonStream({ url: serverUrl, key: mine.key });
  return mine.stream;
}

/** A stream by a clock of one's own; whoever asked for it closes it. */
export async function travelStream(session: string): Promise<FinazonStream> {
  const key = ownKey.value === "" ? await anonymousPass("finazon") : ownKey.value;
  return new FinazonStream({ url: serverUrl, key, session });
}

function ownNow() {
  const key = ownKey.value;
  if (own !== undefined && own.key !== key) {
    own.stream?.close();
    own = undefined;
  }
  if (key === "") return undefined;
  own ??= { key, rest: new FinazonRest({ url: serverUrl, key }) };
  return own;
}
