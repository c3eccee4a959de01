/** The state of the connections as one thing that can be said in a few words, and how long an answer takes. */
import { type ConnectionState, CryptomusStream, type FinazonStream } from "@openbourse/client";
import { effect, type ReadonlySignal, signal } from "@preact/signals";
import { barStream, finazonStream, hasFinazon } from "./finazon.ts";
import { load } from "./loading.ts";
import {
  account,
  hasExchange,
  markets,
  needsSignIn,
  offer,
  offerTrouble,
  refreshOffer,
} from "./session.ts";

/** What the top bar says. Times are milliseconds since 1970. */
export type LinkState =
  | { readonly is: "connecting" }
  /** `latencyMs` is that of the last question that was answered. */
  | { readonly is: "live"; readonly latencyMs: number | undefined }
  | { readonly is: "stale"; readonly sinceMs: number }
  | { readonly is: "reconnecting"; readonly retryAtMs: number; readonly why: string }
  | { readonly is: "going-away"; readonly retryAtMs: number }
  /** The device has no network. */
  | { readonly is: "offline" }
  /** Nobody may see anything before they sign in. */
  | { readonly is: "sign-in" }
  /** There is no exchange here, and nobody sees data without an API key. */
  | { readonly is: "needs-key" }
  /** It will not come back by itself. */
  | { readonly is: "closed"; readonly why: string };

/** Between two measurements of the latency, in milliseconds. */
const measureMs = 10_000;

const state = signal<LinkState>({ is: "connecting" });

/** See {@link LinkState}. Where there are two connections, it is the one that is worse off. */
export const linkState: ReadonlySignal<LinkState> = state;

let latencyMs: number | undefined;
let isOnline = true;

/** Begins to watch; called once by the application. */
export function watchConnections(): void {
  isOnline = navigator.onLine;
  for (const name of ["online", "offline"] as const)
    window.addEventListener(name, () => {
      isOnline = navigator.onLine;
      tell();
    });
  effect(() => {
    const stops = streamsInUse().map((stream) => follow(stream));
    tell();
    return () => {
      for (const stop of stops) stop();
    };
  });
  effect(() => {
    const [measured] = streamsInUse();
    if (measured === undefined) return;
    const timer = setInterval(() => void measure(measured), measureMs);
    return () => clearInterval(timer);
  });
  // Without an exchange the stream of bars tells how the connection is, whether or not a part of the page wants bars.
  effect(() => {
    if (hasExchange.value || !hasFinazon.value || barStream.value !== undefined) return undefined;
    return load({ ask: finazonStream, done() {}, tell() {} });
  });
  offerTrouble.subscribe(tell);
  needsSignIn.subscribe(tell);
  hasFinazon.subscribe(tell);
}

type Stream = CryptomusStream | FinazonStream;

function streamsInUse(): readonly Stream[] {
  const traded = [account.value?.stream, markets.value?.stream];
  const streams = new Set(traded.filter((stream) => stream !== undefined));
  if (streams.size > 0) return [...streams];
  return barStream.value === undefined ? [] : [barStream.value];
}

function follow(stream: Stream): () => void {
  let wasLive = stream.state.state === "live";
  return stream.states.listen(({ state: now }) => {
    if (now === "live") {
      void measure(stream);
      // A server that comes back may offer something else than before.
      if (!wasLive && stream.counts.reconnects > 0) void refreshOffer();
    }
    wasLive = now === "live";
    tell();
  });
}

async function measure(stream: Stream): Promise<void> {
  // The stream of bars has no question that is answered at once.
  if (document.hidden || !(stream instanceof CryptomusStream) || stream.state.state !== "live")
    return;
  const beganMs = performance.now();
  try {
    await stream.query("ping");
    latencyMs = Math.round(performance.now() - beganMs);
  } catch {
    // The connection tells of its own troubles.
    latencyMs = undefined;
  }
  tell();
}

function tell(): void {
  state.value = nowState();
}

function nowState(): LinkState {
  if (!isOnline && !isLocal) return { is: "offline" };
  const failed = offerTrouble.value;
  if (offer.value === undefined && failed !== undefined)
    return { is: "reconnecting", retryAtMs: failed.retryAtMs, why: failed.message };
  const states = streamsInUse().map((stream) => said(stream.state));
  const shown = worst(states);
  if (shown !== undefined) return shown;
  if (needsSignIn.value) return { is: "sign-in" };
  return !hasExchange.value && !hasFinazon.value ? { is: "needs-key" } : { is: "connecting" };
}

/** A server on this very machine needs no network. */
const isLocal = /^(localhost|127\.|\[::1\])/.test(location.hostname);

const badness: readonly LinkState["is"][] = [
  "closed",
  "reconnecting",
  "going-away",
  "connecting",
  "stale",
  "live",
];

function worst(states: readonly LinkState[]): LinkState | undefined {
  return states.toSorted((a, b) => badness.indexOf(a.is) - badness.indexOf(b.is))[0];
}

function said(connection: ConnectionState): LinkState {
  switch (connection.state) {
    case "connecting":
      return { is: "connecting" };
    case "live":
      return { is: "live", latencyMs };
    case "stale":
      return { is: "stale", sinceMs: connection.heardMs };
    case "going-away":
      return { is: "going-away", retryAtMs: connection.retryAtMs };
    case "waiting":
      return {
        is: "reconnecting",
        retryAtMs: connection.retryAtMs,
        why: connection.why.message,
      };
    case "closed":
      return { is: "closed", why: connection.why.message };
  }
}
