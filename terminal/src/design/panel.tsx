/** A panel: a heading, what it shows, and the four states in which it has less to show than it should. */
import type { ComponentChildren } from "preact";
import { nowMs } from "../session/clock.ts";

/** What a panel has to show. Times are milliseconds since 1970. */
export type PanelState =
  | { readonly is: "ready" }
  /** Nothing has come yet: its skeleton is shown. */
  | { readonly is: "loading" }
  /** There is nothing; `text` is one sentence, and `action` what fills it. */
  | { readonly is: "empty"; readonly text: string; readonly action?: ComponentChildren }
  /** What is shown was right at `sinceMs`. */
  | { readonly is: "stale"; readonly sinceMs: number }
  /** What happened, and when it is tried again or what tries it again. */
  | {
      readonly is: "failed";
      readonly text: string;
      readonly retryAtMs?: number | undefined;
      readonly retry?: (() => void) | undefined;
    };

/** The state of a panel that lacks nothing. */
export const ready: PanelState = { is: "ready" };

/** What is shown. */
export interface PanelProps {
  readonly title: string;
  readonly state?: PanelState;
  /** Beside the title: what can be chosen. */
  readonly actions?: ComponentChildren;
  /** Lines of the skeleton. */
  readonly skeletonRows?: number;
  /** Whether the heading is for screen readers alone, as when a tab says the same. */
  readonly hidesTitle?: boolean;
  /** Whether there is nothing in it to go to, so that the arrows scroll what is read. */
  readonly isRead?: boolean;
  readonly class?: string;
  readonly children?: ComponentChildren;
}

/** See the head of the file. */
export function Panel(props: PanelProps) {
  const { title, state = ready, actions, hidesTitle = false } = props;
  const shows = state.is === "ready" || state.is === "stale";
  const names = ["panel", props.class ?? "", state.is === "stale" ? "is-stale" : ""];
  const hasHead = !hidesTitle || actions !== undefined;
  return (
    <section
      class={names.filter((name) => name !== "").join(" ")}
      aria-label={title}
      aria-busy={state.is === "loading"}
    >
      {hasHead ? (
        <header class="panel-head">
          <h2 class={hidesTitle ? "unseen" : undefined}>{title}</h2>
          <span class="panel-actions">{actions}</span>
        </header>
      ) : null}
      {state.is === "stale" ? <StaleNote sinceMs={state.sinceMs} /> : null}
      <div class="panel-body" tabIndex={props.isRead === true && shows ? 0 : undefined}>
        {shows ? props.children : <Instead state={state} rows={props.skeletonRows ?? 6} />}
      </div>
    </section>
  );
}

function StaleNote({ sinceMs }: { readonly sinceMs: number }) {
  return <p class="panel-note">{ageWords(nowMs.value - sinceMs)} old: no news from the server</p>;
}

function Instead({ state, rows }: { readonly state: PanelState; readonly rows: number }) {
  if (state.is === "empty")
    return (
      <div class="panel-instead">
        <p>{state.text}</p>
        {state.action}
      </div>
    );
  if (state.is === "failed")
    return (
      <div class="panel-instead" role="alert">
        <p>{state.text}</p>
        {state.retryAtMs === undefined ? null : <NextTry atMs={state.retryAtMs} />}
        {state.retry === undefined ? null : (
          <button type="button" onClick={state.retry}>
            Try again
          </button>
        )}
      </div>
    );
  return (
    <div class="skeleton" aria-hidden="true">
      {Array.from({ length: rows }, (_, index) => (
        <span key={index} />
      ))}
    </div>
  );
}

function NextTry({ atMs }: { readonly atMs: number }) {
  const seconds = Math.max(0, Math.ceil((atMs - nowMs.value) / 1_000));
  return <p class="soft">{seconds === 0 ? "Trying now." : `Next try in ${seconds} s.`}</p>;
}

/** An age in words: `12 s`, `3 min`, `2 h`, `4 d`. */
export function ageWords(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}
