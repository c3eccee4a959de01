/** All that can be looked at, with its price, its change and the line of its last day; searched by what somebody types. */
import { computed, type Signal, signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { useKey } from "../app/keys.ts";
import { chooseMarket } from "../app/route.ts";
import { Num } from "../design/num.tsx";
import { Panel, type PanelState, ready } from "../design/panel.tsx";
import { instruments } from "./catalog.ts";
import { Change } from "./change.tsx";
import { chosenId } from "./chosen.ts";
import { dayOf } from "./day-bars.ts";
import { figuresOf } from "./day-figures.ts";
import { type Instrument, searched } from "./instruments.ts";
import { marketsLostMs, nothingYet } from "./panel-state.ts";
import { sparkline } from "./sparkline.ts";
import { tickers, toneOf } from "./tickers.ts";

/** Most rows; whoever has more finds them by searching. */
const rowsMax = 200;

const typed: Signal<string> = signal("");
const found = computed(() => searched(instruments.value, typed.value));

/** What is shown. */
export interface WatchListProps {
  /** Whether it was opened for itself, to choose something. */
  readonly isAlone?: boolean;
  onChosen?(): void;
}

/** See the head of the file. */
export function WatchList({ isAlone = false, onChosen }: WatchListProps) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (isAlone) field.current?.focus();
  }, []);
  useKey("search", () => {
    field.current?.focus();
    field.current?.select();
  });
  useKey("watch", (which) => choose(found.peek()[which]));
  const choose = (instrument: Instrument | undefined): boolean => {
    if (instrument === undefined) return false;
    chooseMarket(instrument.id);
    typed.value = "";
    onChosen?.();
    return true;
  };
  return (
    <Panel title="Markets" hidesTitle={isAlone} class="watch-panel" state={watchState()}>
      <input
        ref={field}
        type="search"
        class="watch-search"
        placeholder="Search  /"
        aria-label="Search markets"
        value={typed.value}
        onInput={({ currentTarget }) => {
          typed.value = currentTarget.value;
        }}
        onKeyDown={(event) => onSearchKey(event, choose)}
      />
      <Rows choose={choose} />
    </Panel>
  );
}

function watchState(): PanelState {
  if (instruments.value.length === 0) return nothingYet.value ?? ready;
  const sinceMs = marketsLostMs.value;
  return sinceMs === undefined ? ready : { is: "stale", sinceMs };
}

function onSearchKey(
  event: KeyboardEvent,
  choose: (instrument: Instrument | undefined) => boolean,
): void {
  const field = event.currentTarget as HTMLInputElement;
  if (event.key === "Enter" && choose(found.peek()[0])) field.blur();
  else if (event.key === "Escape") {
    typed.value = "";
    field.blur();
  } else if (event.key === "ArrowDown") {
    event.preventDefault();
    field.parentElement?.querySelector<HTMLElement>(".watch-row")?.focus();
  }
}

function Rows({ choose }: { readonly choose: (instrument: Instrument) => boolean }) {
  const all = found.value;
  if (all.length === 0)
    return <p class="panel-instead">Nothing is called that: try a currency, such as BTC.</p>;
  return (
    <>
      <ol class="watch-rows" aria-label="Markets" onKeyDown={moveFocus}>
        {all.slice(0, rowsMax).map((instrument, index) => (
          <li key={instrument.id}>
            <Row instrument={instrument} place={index + 1} choose={choose} />
          </li>
        ))}
      </ol>
      {all.length > rowsMax ? (
        <p class="soft watch-more">and {all.length - rowsMax} more: search for them</p>
      ) : null}
    </>
  );
}

/** Arrows move among the rows. */
function moveFocus(event: KeyboardEvent): void {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (step === 0) return;
  event.preventDefault();
  const all = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>(".watch-row")];
  all[all.indexOf(document.activeElement as HTMLElement) + step]?.focus();
}

interface RowProps {
  readonly instrument: Instrument;
  /** From 1 on; the first nine have a key. */
  readonly place: number;
  choose(instrument: Instrument): boolean;
}

function Row({ instrument, place, choose }: RowProps) {
  const { id, title, kind, dataset } = instrument;
  const element = useRef<HTMLButtonElement>(null);
  const isSeen = useSeen(element);
  const isChosen = chosenId.value === id;
  return (
    <button
      ref={element}
      type="button"
      class="quiet watch-row"
      aria-current={isChosen ? "true" : undefined}
      title={place <= 9 ? `Key ${place}` : undefined}
      data-instrument={id}
      onClick={() => choose(instrument)}
    >
      <span class="watch-name">
        {title}
        {kind === "ticker" ? <small class="soft"> {dataset}</small> : null}
      </span>
      {isSeen ? <RowFigures instrument={instrument} /> : null}
    </button>
  );
}

function RowFigures({ instrument }: { readonly instrument: Instrument }) {
  const day = dayOf(instrument).value;
  const ticker = instrument.kind === "market" ? tickers.value.get(instrument.id) : undefined;
  const figures = figuresOf(day ?? []);
  const price = ticker?.price ?? figures?.price;
  const path = sparkline(day ?? []);
  return (
    <>
      <svg class="sparkline" viewBox="0 0 48 16" preserveAspectRatio="none" aria-hidden="true">
        <path d={path.line} class={path.tone} />
      </svg>
      <span class="watch-price">
        <Num value={price} tone={toneOf(instrument.id)} flashes />
      </span>
      <span class="watch-change">
        <Change percent={ticker?.changePercent ?? figures?.change} />
      </span>
    </>
  );
}

/** Whether an element has been seen: what nobody scrolls to is not asked for. */
function useSeen(element: { readonly current: Element | null }): boolean {
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    if (element.current === null) return undefined;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) setSeen(true);
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return isSeen;
}
