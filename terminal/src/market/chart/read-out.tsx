/** The exact figures of the candle that somebody points at, or else of the newest one. */
import { divide, multiply, subtract } from "@openbourse/client";
import { dateText, utcText } from "../../app/times.ts";
import { Num } from "../../design/num.tsx";
import type { ChartCandle } from "../candles/candle.ts";
import { chosen } from "../chosen.ts";
import { type ChartContent, content, hovered } from "./chart-store.ts";

/** See the head of the file. */
export function ReadOut() {
  const shown = content.value;
  if (shown === undefined) return <div class="read-out" />;
  const { series } = shown;
  const newest = series.candles.at(-1);
  const startMs = hovered.value ?? newest?.startMs;
  if (startMs === undefined) return <div class="read-out" />;
  const candle = series.at(startMs);
  return (
    <div class="read-out">
      <span class="soft" title={utcText(startMs)}>
        {dateText(startMs)}
      </span>
      {candle === undefined ? (
        <NoCandle shown={shown} startMs={startMs} />
      ) : (
        <Figures candle={candle} />
      )}
      <IndicatorFigures shown={shown} startMs={startMs} />
    </div>
  );
}

function NoCandle({ shown, startMs }: { readonly shown: ChartContent; readonly startMs: number }) {
  const newest = shown.series.candles.at(-1)?.startMs ?? 0;
  // Lines that are drawn ahead of the newest candle.
  if (startMs > newest) return null;
  const isUnknown = shown.series.unknown.some(
    ({ fromMs, toMs }) =>
      startMs < toMs && startMs + (shown.interval.seconds ?? 1) * 1_000 > fromMs,
  );
  return <span class="soft">{isUnknown ? "not known: a gap in the data" : "no trades"}</span>;
}

function Figures({ candle }: { readonly candle: ChartCandle }) {
  const { open, high, low, close, volume } = candle;
  const change = subtract(close, open);
  const tone = change.startsWith("-") ? "down" : change === "0" ? undefined : "up";
  const percent = Number(open) === 0 ? undefined : percentText(change, open);
  return (
    <>
      {(["O", "H", "L", "C"] as const).map((letter) => (
        <span key={letter} data-figure={letter}>
          <span class="soft">{letter}</span>{" "}
          <Num value={{ O: open, H: high, L: low, C: close }[letter]} />
        </span>
      ))}
      <span class={tone}>{percent}</span>
      <span data-figure="V">
        <span class="soft">V</span> <Num value={volume} unit={chosen.value?.base || undefined} />
      </span>
    </>
  );
}

/** A change in percent with two decimals, cut. */
function percentText(change: string, of: string): string {
  const percent = divide(multiply(change, "100"), of, 2);
  return `${change.startsWith("-") ? "" : "+"}${percent} %`;
}

function IndicatorFigures(props: { readonly shown: ChartContent; readonly startMs: number }) {
  const { shown, startMs } = props;
  return (
    <>
      {shown.indicators.map((feed) => {
        const values = feed.at(startMs)?.values ?? {};
        return (
          <span key={feed.kind.id} data-indicator={feed.kind.id}>
            <span class="soft">{feed.kind.title}</span>{" "}
            {feed.kind.lines.map(({ key }) => values[key] ?? "–").join("  ")}
          </span>
        );
      })}
    </>
  );
}
