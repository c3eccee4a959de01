/** The exact figures of the candle that somebody points at, or else of the newest one. */
import { dateText, utcText } from "../../app/times.ts";
import { Num } from "../../design/num.tsx";
import type { ChartCandle } from "../candles/candle.ts";
import { Change } from "../change.tsx";
import { chosen } from "../chosen.ts";
import { changePercent } from "../day-figures.ts";
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
    <div class="read-out" data-start={startMs}>
      <span class="soft" title={utcText(startMs)}>
        {dateText(startMs)}
      </span>
      {candle === undefined ? (
        <NoCandle shown={shown} startMs={startMs} />
      ) : (
        <>
          <Figures candle={candle} />
          {isUnknown(shown, startMs) ? <span class="soft">in part not known: a gap</span> : null}
        </>
      )}
      <IndicatorFigures shown={shown} startMs={startMs} />
    </div>
  );
}

function NoCandle({ shown, startMs }: { readonly shown: ChartContent; readonly startMs: number }) {
  const newest = shown.series.candles.at(-1)?.startMs ?? 0;
  // Lines that are drawn ahead of the newest candle.
  if (startMs > newest) return null;
  const isGap = isUnknown(shown, startMs);
  return <span class="soft">{isGap ? "not known: a gap in the data" : "no trades"}</span>;
}

/** Whether not everything of an interval is known. */
function isUnknown({ series, interval }: ChartContent, startMs: number): boolean {
  const endMs = startMs + (interval.seconds ?? 1) * 1_000;
  return series.unknown.some(({ fromMs, toMs }) => startMs < toMs && endMs > fromMs);
}

function Figures({ candle }: { readonly candle: ChartCandle }) {
  const { open, high, low, close, volume } = candle;
  return (
    <>
      {(["O", "H", "L", "C"] as const).map((letter) => (
        <span key={letter} data-figure={letter}>
          <span class="soft">{letter}</span>{" "}
          <Num value={{ O: open, H: high, L: low, C: close }[letter]} />
        </span>
      ))}
      <Change percent={changePercent(close, open)} />
      <span data-figure="V">
        <span class="soft">V</span> <Num value={volume} unit={chosen.value?.base || undefined} />
      </span>
    </>
  );
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
