/** What screen readers hear without looking: fills, refusals, a lost connection. Never every tick. */
import { type ReadonlySignal, signal } from "@preact/signals";

/** A sentence; `count` tells two equal ones apart. */
export interface Announcement {
  readonly text: string;
  readonly count: number;
}

/** Sentences that stay, so that of several in one moment none is lost. */
const keptMax = 5;

const said = signal<readonly Announcement[]>([]);
let count = 0;

/** The newest announcements, the newest last. */
export const announcements: ReadonlySignal<readonly Announcement[]> = said;

/** Says a sentence. */
export function announce(text: string): void {
  count += 1;
  said.value = [...said.peek(), { text, count }].slice(-keptMax);
}
