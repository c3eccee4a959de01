/** The page's own clock, as a signal: what shows an age or a wait counts by itself. It stands still while nobody sees the page. */
import { type ReadonlySignal, signal } from "@preact/signals";

const now = signal(Date.now());

/** Milliseconds since 1970, told each second. */
export const nowMs: ReadonlySignal<number> = now;

let timer: number | undefined;

/** Begins to count; called once by the application. */
export function startClock(): void {
  const look = () => {
    clearInterval(timer);
    timer = undefined;
    if (document.hidden) return;
    now.value = Date.now();
    timer = window.setInterval(() => {
      now.value = Date.now();
    }, 1_000);
  };
  document.addEventListener("visibilitychange", look);
  look();
}
