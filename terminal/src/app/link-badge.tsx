/** What the connection is doing, in a few words with a dot before them. */
import { useEffect } from "preact/hooks";
import { ageWords } from "../design/panel.tsx";
import { nowMs } from "../session/clock.ts";
import { type LinkState, linkState } from "../session/connection.ts";
import { announce } from "./announce.ts";

/** See the head of the file. */
export function LinkBadge() {
  const state = linkState.value;
  const { tone, words, title } = said(state, nowMs.value);
  useEffect(() => {
    if (state.is !== "connecting" && state.is !== "live") announce(title);
  }, [state.is]);
  return (
    <span class={`link-badge ${tone}`} title={title} data-state={state.is}>
      {words}
    </span>
  );
}

interface Said {
  readonly tone: "good" | "poor" | "bad";
  readonly words: string;
  readonly title: string;
}

function said(state: LinkState, now: number): Said {
  switch (state.is) {
    case "connecting":
      return { tone: "poor", words: "connecting", title: "Connecting to the server." };
    case "live": {
      const latency = state.latencyMs === undefined ? "" : ` ${state.latencyMs} ms`;
      const title = "Live. The figure is how long the server takes to answer.";
      return { tone: "good", words: `live${latency}`, title };
    }
    case "stale": {
      const age = ageWords(now - state.sinceMs);
      const title = "Nothing has come from the server for a while: what is shown may be old.";
      return { tone: "poor", words: `stale ${age}`, title };
    }
    case "reconnecting": {
      const title = `The connection is lost (${state.why}). It is tried again by itself.`;
      return { tone: "bad", words: `reconnecting${inSeconds(state.retryAtMs, now)}`, title };
    }
    case "going-away": {
      const title = "The server is stopping. It is looked for again by itself.";
      return { tone: "bad", words: `server going away${inSeconds(state.retryAtMs, now)}`, title };
    }
    case "offline":
      return { tone: "bad", words: "offline", title: "This device has no network." };
    case "sign-in":
      return { tone: "poor", words: "sign in", title: "Sign in to see market data." };
    case "needs-key":
      return { tone: "poor", words: "key needed", title: "Give an API key on the data page." };
    case "closed":
      return { tone: "bad", words: "closed", title: `Not connected: ${state.why}.` };
  }
}

function inSeconds(atMs: number, now: number): string {
  const seconds = Math.ceil((atMs - now) / 1_000);
  return seconds > 0 ? ` ${seconds} s` : " now";
}
