/** Figures of markets that follow a feed, for Prometheus. */
import type { Mirror } from "../agents/mirror/mirror.ts";
import type { Meter } from "../ports/meter.ts";
import { follow, oneAfterAnother } from "./follow.ts";

/** Registers them; the returned task brings them up to date. */
export function mirrorFigures(meter: Meter, mirrors: readonly Mirror[]): () => void {
  if (mirrors.length === 0) return () => {};
  const distance = meter.gauge(
    "openbourse_mirror_distance_ratio",
    "How far the middle of a mirror's offers is from that outside, as a share of it; NaN while either has none.",
    ["market"],
  );
  const up = meter.gauge(
    "openbourse_mirror_up",
    "1 while a mirror follows its source, 0 while that is silent, gapped or gone.",
    ["market"],
  );
  const short = meter.gauge(
    "openbourse_mirror_short",
    "Currencies of which a mirror has too little for all its offers.",
    ["market"],
  );
  const trades = meter.counter(
    "openbourse_mirror_trades_total",
    "Trades outside by whether an order repeated them; left out: too many waited.",
    ["market", "result"],
  );
  const refused = meter.counter(
    "openbourse_mirror_refused_total",
    "Commands of a mirror that were refused.",
    ["market"],
  );
  const tasks = mirrors.flatMap((mirror) => {
    const { figures, market, outside } = mirror;
    return [
      () => distance.set(mirror.distance ?? Number.NaN, { market }),
      () => up.set(mirror.state === "quoting" ? 1 : 0, { market }),
      () => short.set(mirror.short.length, { market }),
      follow(trades, () => figures.repeated, { market, result: "repeated" }),
      follow(trades, () => figures.unrepeated, { market, result: "unrepeated" }),
      follow(trades, () => outside.leftOut, { market, result: "left out" }),
      follow(refused, () => figures.refused, { market }),
    ];
  });
  return oneAfterAnother(tasks);
}
