/** What happened to orders, said once for the eye and once for screen readers. A bad one stays until it is closed. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { announce } from "../app/announce.ts";

/** A sentence and how grave it is. */
export interface Notice {
  readonly text: string;
  readonly tone: "plain" | "bad";
}

/** How long a plain notice is shown, in milliseconds. */
const shownMs = 12_000;

const newest = signal<Notice | undefined>(undefined);

/** The newest notice. */
export const notice: ReadonlySignal<Notice | undefined> = newest;

/** Says something. */
export function notify(text: string, tone: Notice["tone"] = "plain"): void {
  const notice: Notice = { text, tone };
  newest.value = notice;
  announce(text);
  if (tone === "bad") return;
  setTimeout(() => {
    if (newest.peek() === notice) closeNotice();
  }, shownMs);
}

/** Takes the notice away. */
export function closeNotice(): void {
  newest.value = undefined;
}
