/** Figures of the clocks of sessions, for Prometheus. */
import type { Meter } from "../ports/meter.ts";
import type { LiveClockSessions } from "../streams/clock-sessions.ts";
import { follow, oneAfterAnother } from "./follow.ts";

const refusals = ["bad-session-name", "too-many-sessions", "too-many-sessions-in-all"] as const;

/** Registers them, where there are recordings; the returned task brings them up to date. */
export function sessionFigures(meter: Meter, sessions: LiveClockSessions): () => void {
  let load = sessions.load();
  if (load.length === 0) return () => {};
  const playing = meter.gauge(
    "openbourse_replay_sessions",
    "Sessions with a clock of their own in which the dataset is not over.",
    ["dataset"],
  );
  const begun = meter.counter(
    "openbourse_replay_sessions_begun_total",
    "Sessions that were begun.",
  );
  const refused = meter.counter(
    "openbourse_replay_sessions_refused_total",
    "Sessions that were not begun, by why.",
    ["reason"],
  );
  const trades = meter.counter(
    "openbourse_replay_session_trades_total",
    "Trades that were played in sessions, those of a seek included.",
    ["dataset"],
  );
  const tasks = [
    () => {
      load = sessions.load();
    },
    follow(begun, () => sessions.counts.begun),
    ...refusals.map((reason) => follow(refused, () => sessions.counts.refused[reason], { reason })),
    // Which recordings there are does not change.
    ...load.flatMap(({ dataset }, at) => [
      () => playing.set(load[at]?.playing ?? 0, { dataset }),
      follow(trades, () => load[at]?.trades ?? 0, { dataset }),
    ]),
  ];
  return oneAfterAnother(tasks);
}
