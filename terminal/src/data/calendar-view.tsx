/** The calendar of what is stored of a ticker: a square for each day in UTC, with words for who cannot see its colour. */
import { Panel, type PanelState } from "../design/panel.tsx";
import { nowMs } from "../session/clock.ts";
import { askFinazon as ask } from "../session/finazon.ts";
import { replayClocks } from "../session/replays.ts";
import { calendarOf, type Day, type DayState, daysMax, type Month } from "./calendar.ts";
import { useLoaded } from "./loaded.ts";

const stateNames: Readonly<Record<DayState, string>> = {
  data: "data",
  quiet: "no trades",
  part: "data of a part of the day",
  gap: "nothing known",
};

/** See the head of the file. */
export function CalendarView({
  dataset,
  ticker,
}: {
  readonly dataset: string;
  readonly ticker: string;
}) {
  const loaded = useLoaded(`${dataset} ${ticker}`, () =>
    ask((rest) => rest.knownBars({ dataset, ticker, interval: "1d", pageSize: daysMax })),
  );
  const clock = replayClocks.value.find((replay) => replay.dataset === dataset);
  const months =
    loaded.value === undefined
      ? []
      : calendarOf({ ...loaded.value, nowMs: clock?.clockMs ?? nowMs.value });
  return (
    <Panel
      title="Calendar"
      hidesTitle
      isRead
      state={stateOf(loaded.state, months)}
      actions={
        <button type="button" onClick={loaded.again}>
          Ask again
        </button>
      }
    >
      <p class="calendar-legend">
        {(Object.keys(stateNames) as DayState[]).map((state) => (
          <span key={state}>
            <span class={`day day-${state}`} /> {stateNames[state]}
          </span>
        ))}
        <span class="soft">Days in UTC</span>
      </p>
      <div class="calendar">
        {months.toReversed().map((month) => (
          <MonthView key={month.name} month={month} />
        ))}
      </div>
    </Panel>
  );
}

function stateOf(state: PanelState, months: readonly Month[]): PanelState {
  if (state.is !== "ready" || months.length > 0) return state;
  return {
    is: "empty",
    text: "Nothing is stored of this ticker yet: it is recorded while it is served.",
  };
}

function MonthView({ month }: { readonly month: Month }) {
  const { name, offset, days } = month;
  return (
    <section class="month" aria-label={name}>
      <h3>{name}</h3>
      <ol>
        {Array.from({ length: offset }, (_, index) => (
          <li key={`before-${index}`} aria-hidden="true" />
        ))}
        {days.map((day) => (
          <DayView key={day.startMs} day={day} />
        ))}
      </ol>
    </section>
  );
}

function DayView({ day }: { readonly day: Day }) {
  const { startMs, state, volume } = day;
  const date = new Date(startMs).toISOString().slice(0, 10);
  const traded = volume === undefined ? "" : `, volume ${volume}`;
  const words = `${date}: ${stateNames[state]}${traded}`;
  return (
    <li class={`day day-${state}`} title={words}>
      <span class="unseen">{words}</span>
    </li>
  );
}
