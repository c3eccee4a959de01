/** A clock of one's own in the recordings of the server: where it is. The data page begins and moves it, the banner shows it. */
import type { ReplayState } from "@openbourse/client";
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { nowMs } from "./clock.ts";

/** Where the clock is by now. */
export interface Travel extends ReplayState {
  /** Milliseconds since 1970; undefined before anything was played. */
  readonly clockMs: number | undefined;
}

const read = signal<{ readonly state: ReplayState; readonly atMs: number } | undefined>(undefined);

const keptAs = "openbourse.travel";

/** The session of this tab, also after it was loaded again: nobody else knows its name. */
export const travelSession: string = nameOfTab();

function nameOfTab(): string {
  const made = `page-${crypto.getRandomValues(new Uint32Array(2)).join("-")}`;
  try {
    const kept = sessionStorage.getItem(keptAs) ?? made;
    sessionStorage.setItem(keptAs, kept);
    return kept;
  } catch {
    // A browser that keeps nothing begins a new one each time.
    return made;
  }
}

/** Goes on by itself between two answers; undefined while nobody travels. */
export const travel: ReadonlySignal<Travel | undefined> = computed(() => {
  if (read.value === undefined) return undefined;
  const { state, atMs } = read.value;
  const { clockMs, speed } = state;
  if (clockMs === undefined || state.state !== "playing") return state;
  return { ...state, clockMs: clockMs + Math.max(0, nowMs.value - atMs) * speed };
});

/** The server has said where the clock is; undefined when it has ended. */
export function travelTo(state: ReplayState | undefined): void {
  read.value = state && { state, atMs: Date.now() };
}
