/** What screen readers hear without looking: fills, refusals, a lost connection. Never every tick. */
import { type ReadonlySignal, signal } from "@preact/signals";

const said = signal({ text: "", count: 0 });

/** The newest announcement; `count` tells two equal ones apart. */
export const announcement: ReadonlySignal<{ readonly text: string; readonly count: number }> = said;

/** Says a sentence. */
export function announce(text: string): void {
  said.value = { text, count: said.value.count + 1 };
}
