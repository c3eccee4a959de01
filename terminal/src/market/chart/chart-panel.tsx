/** The chart with what can be chosen above it. */
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { useKey } from "../../app/keys.ts";
import { Menu } from "../../design/menu.tsx";
import { Panel, type PanelState } from "../../design/panel.tsx";
import { chosen } from "../chosen.ts";
import { DepthChart } from "../depth-chart.tsx";
import { panelState } from "../panel-state.ts";
import {
  choices,
  chooseInterval,
  content,
  ended,
  indicators,
  indicatorTrouble,
  interval,
  loading,
  stepInterval,
  toggleIndicator,
} from "./chart-store.ts";
import { indicatorKinds } from "./indicator-kinds.ts";
import { ReadOut } from "./read-out.tsx";
import { runChart } from "./run-chart.ts";

const showsDepth = signal(false);

/** See the head of the file. */
export function ChartPanel() {
  useKey("interval-shorter", () => stepInterval(-1));
  useKey("interval-longer", () => stepInterval(1));
  // A dataset's ticker has no book.
  const isDepth = showsDepth.value && chosen.value?.kind !== "ticker";
  return (
    <section class="panel chart-panel" aria-label="Chart">
      <header class="panel-head">
        <h2 class="unseen">Chart</h2>
        {isDepth ? null : <IntervalBar />}
        <span class="panel-actions">
          {isDepth ? null : <IndicatorMenu />}
          {chosen.value?.kind === "market" ? (
            <button
              type="button"
              class="quiet"
              aria-pressed={isDepth}
              onClick={() => {
                showsDepth.value = !showsDepth.value;
              }}
            >
              Depth
            </button>
          ) : null}
        </span>
      </header>
      <div class="chart-body">{isDepth ? <DepthChart /> : <CandleChart />}</div>
    </section>
  );
}

function IntervalBar() {
  const now = interval.value;
  const shown = choices.value.filter(({ isCommon }) => isCommon);
  return (
    <>
      <fieldset class="interval-bar" aria-label="Interval">
        {shown.map(({ name }) => (
          <button
            key={name}
            type="button"
            class="quiet"
            aria-pressed={name === now.name}
            onClick={() => chooseInterval(name)}
          >
            {name}
          </button>
        ))}
      </fieldset>
      <Menu
        label={now.isCommon ? "All intervals" : `${now.name}, all intervals`}
        button={now.isCommon ? "⋯" : now.name}
        items={choices.value.map(({ name }) => ({
          ...{ id: name, title: name, isChecked: name === now.name },
          choose: () => chooseInterval(name),
        }))}
      />
    </>
  );
}

function IndicatorMenu() {
  const shown = new Set(indicators.value.map(({ id }) => id));
  const title = shown.size === 0 ? "Indicators" : `Indicators ${shown.size}`;
  return (
    <Menu
      label={title}
      align="end"
      button={title}
      items={indicatorKinds.map(({ id, title }) => ({
        ...{ id, title, isChecked: shown.has(id) },
        choose: () => toggleIndicator(id),
      }))}
    />
  );
}

function CandleChart() {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => (box.current === null ? undefined : runChart(box.current)), []);
  const state = chartState();
  const newest = content.value?.series.candles.at(-1);
  return (
    <>
      {indicatorTrouble.value === undefined ? null : (
        <p class="panel-note">{indicatorTrouble.value}</p>
      )}
      {ended.value === undefined ? null : (
        <p class="panel-note">
          {ended.value.why ?? "The recording is over: no more candles come."}
        </p>
      )}
      <ReadOut />
      <div
        ref={box}
        class="chart-canvas"
        role="img"
        aria-label={`Candles of ${chosen.value?.title ?? "no market"}, ${interval.value.name}; the last price is ${newest?.close ?? "not known"}`}
        data-candles={content.value?.series.candles.length ?? 0}
        data-interval={content.value?.interval.name}
      />
      {state.is === "ready" ? null : <Over state={state} />}
      <a class="chart-credit" href="https://www.tradingview.com/" target="_blank" rel="noreferrer">
        Charts by TradingView
      </a>
    </>
  );
}

/** A state of the panel over the canvas, which stays: to begin it anew would cost more than to keep it. */
function Over({ state }: { readonly state: PanelState }) {
  return (
    <div class={state.is === "stale" ? "chart-over is-stale" : "chart-over"}>
      <Panel title="Chart" hidesTitle state={state} />
    </div>
  );
}

function chartState(): PanelState {
  const shown = content.value;
  const has = shown !== undefined && shown.series.candles.length > 0;
  const state = panelState(has, loading.value);
  // What is asked for and has nothing is empty, not late.
  const isEmpty = state.is === "loading" && !has && loading.value.is === "ready";
  if (isEmpty && chosen.value !== undefined)
    return { is: "empty", text: `Nothing was traded of ${chosen.value.title} yet.` };
  return state;
}
