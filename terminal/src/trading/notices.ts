/** What happened to orders, said once for the eye and once for screen readers. The newest stays until it is closed. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { announce } from "../app/announce.ts";

/** A sentence and how grave it is. */
export interface Notice {
  readonly text: string;
  readonly tone: "plain" | "bad";
}

const newest = signal<Notice | undefined>(undefined);

/** The newest notice. */
export const notice: ReadonlySignal<Notice | undefined> = newest;

/** Says something. */
export function notify(text: string, tone: Notice["tone"] = "plain"): void {
  newest.value = { text, tone };
  announce(text);
}

/** Takes the notice away. */
export function closeNotice(): void {
  newest.value = undefined;
}
