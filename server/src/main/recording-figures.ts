/** Figures of what is stored of datasets, for Prometheus. */
import type { Clock } from "../ports/clock.ts";
import type { Meter } from "../ports/meter.ts";
import { follow } from "./follow.ts";
import type { Recording } from "./recordings.ts";

/** What is measured. */
export interface MeasuredRecordings {
  readonly recordings: ReadonlyMap<string, Recording>;
  readonly clock: Pick<Clock, "nowUs">;
}

/** Registers them. */
export function recordingFigures(
  meter: Meter,
  { recordings, clock }: MeasuredRecordings,
): (() => void)[] {
  if (recordings.size === 0) return [];
  const labels = ["dataset"];
  const gauge = (name: string, help: string) => meter.gauge(name, help, labels);
  const counter = (name: string, help: string) => meter.counter(name, help, labels);
  const up = gauge(
    "openbourse_dataset_store_up",
    "1 while the dataset is stored, 0 while that fails.",
  );
  const position = gauge(
    "openbourse_dataset_stored_sequence",
    "Sequence of the last batch that is stored; 0 before the first of this start.",
  );
  const lag = gauge(
    "openbourse_dataset_store_lag_seconds",
    "Market time now minus that of the last batch that is stored.",
  );
  const waiting = gauge("openbourse_dataset_unstored_trades", "Trades that wait to be stored.");
  const trades = counter("openbourse_dataset_stored_trades_total", "Trades that were stored.");
  const bars = counter("openbourse_dataset_stored_bars_total", "States of bars that were stored.");
  const failures = counter(
    "openbourse_dataset_store_failures_total",
    "How often storing has failed.",
  );
  const givenUp = counter(
    "openbourse_dataset_unstored_trades_given_up_total",
    "Trades that were not stored because too many waited; they are told as gaps.",
  );
  return [...recordings].flatMap(
    ([
      dataset,
      {
        recorder: { queue },
      },
    ]) => {
      const of = { dataset };
      return [
        () => up.set(queue.failure === undefined ? 1 : 0, of),
        () => position.set(queue.position?.sequence ?? 0, of),
        () => {
          const { position: stored } = queue;
          lag.set(stored === undefined ? 0 : (clock.nowUs() - stored.timeUs) / 1e6, of);
        },
        () => waiting.set(queue.unstoredTrades, of),
        follow(trades, () => queue.stored.trades, of),
        follow(bars, () => queue.stored.bars, of),
        follow(failures, () => queue.failures, of),
        follow(givenUp, () => queue.givenUp, of),
      ];
    },
  );
}
