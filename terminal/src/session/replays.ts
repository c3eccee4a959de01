/** Datasets as they are now, and the clocks of those that are replays: a time of a recording, which is never the time on the wall. */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { currentPage } from "../app/route.ts";
import { askServer, isGood } from "./ask-server.ts";
import { nowMs } from "./clock.ts";
import { type OfferedDataset, offerPath } from "./offer.ts";
import { offer } from "./session.ts";

/** A replay and what its clock shows, in milliseconds since 1970. */
export interface ReplayClock {
  readonly dataset: string;
  readonly name: string;
  readonly clockMs: number;
  readonly speed: number;
  readonly state: OfferedDataset["state"];
}

/** Between two looks at the clocks, in milliseconds. */
const lookMs = 5_000;

interface Reading {
  readonly datasets: readonly OfferedDataset[];
  /** Of the page, when they were read. */
  readonly atMs: number;
}

const reading = signal<Reading>({ datasets: [], atMs: 0 });

/** All datasets, as they were told last. */
export const datasetsNow: ReadonlySignal<readonly OfferedDataset[]> = computed(
  () => reading.value.datasets,
);

/** All replays, their clocks going on by themselves between two looks. */
export const replayClocks: ReadonlySignal<readonly ReplayClock[]> = computed(() => {
  const { datasets, atMs } = reading.value;
  return datasets.flatMap(({ code, name, clockMs, speed = 1, state }) => {
    if (clockMs === undefined) return [];
    const goneMs = state === "running" ? Math.max(0, nowMs.value - atMs) * speed : 0;
    return [{ dataset: code, name, clockMs: clockMs + goneMs, speed, state }];
  });
});

/** Whether any dataset is a replay, which the top bar shows by its colour. */
export const isReplaying: ReadonlySignal<boolean> = computed(() =>
  replayClocks.value.some(({ state }) => state === "running"),
);

/** Begins to look; called once by the application. Nothing is asked without a replay, but for the data page. */
export function watchReplays(): void {
  offer.subscribe((now) => {
    if (now !== undefined) reading.value = { datasets: now.datasets, atMs: Date.now() };
  });
  setInterval(() => {
    const hasReplay = reading.value.datasets.some(({ clockMs }) => clockMs !== undefined);
    const isWanted = hasReplay || currentPage.peek() === "/data";
    if (isWanted && !document.hidden) void look();
  }, lookMs);
}

async function look(): Promise<void> {
  const answer = await askServer(offerPath);
  if (answer === undefined || !isGood(answer)) return;
  const { datasets } = JSON.parse(answer.text) as { datasets: readonly OfferedDataset[] };
  reading.value = { datasets, atMs: Date.now() };
}
