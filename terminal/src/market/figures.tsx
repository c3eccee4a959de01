/** What stands in the top bar: the chosen instrument, its price, and its figures of 24 hours. */
import { useEffect, useState } from "preact/hooks";
import { useKey } from "../app/keys.ts";
import { viewport } from "../app/viewport.ts";
import { Dialog } from "../design/dialog.tsx";
import { Num } from "../design/num.tsx";
import { offer } from "../session/session.ts";
import { Change } from "./change.tsx";
import { content } from "./chart/chart-store.ts";
import { chosen } from "./chosen.ts";
import { dayOf } from "./day-bars.ts";
import { changePercent, figuresOf } from "./day-figures.ts";
import { panelState } from "./panel-state.ts";
import { tickers, toneOf } from "./tickers.ts";
import { WatchList } from "./watch-list.tsx";

/** Figures of any instrument. */
interface Figures {
  readonly price: string | undefined;
  readonly change: string | undefined;
  readonly high: string | undefined;
  readonly low: string | undefined;
  readonly volume: string | undefined;
  readonly value: string | undefined;
}

/** See the head of the file. */
export function MarketHeading() {
  const now = chosen.value;
  const isWide = viewport.value === "wide";
  const figures = figuresNow();
  const isHalted = now?.kind === "market" && offer.value?.halted.includes(now.id) === true;
  useEffect(() => {
    document.title =
      now === undefined ? "openbourse" : `${figures.price ?? ""} ${now.title} – openbourse`.trim();
  }, [now, figures.price]);
  return (
    <div class="market-heading grows">
      {isWide ? (
        <strong>{now?.title ?? ""}</strong>
      ) : (
        <MarketButton title={now?.title ?? "Markets"} />
      )}
      {now?.kind === "ticker" ? <span class="tag">{now.dataset}</span> : null}
      {isHalted ? <span class="tag is-halted">halted</span> : null}
      {now === undefined ? null : <Shown figures={figures} base={now.base} quote={now.quote} />}
    </div>
  );
}

function figuresNow(): Figures {
  const now = chosen.value;
  const none = { ...{ price: undefined, change: undefined, high: undefined } };
  const empty: Figures = { ...none, low: undefined, volume: undefined, value: undefined };
  if (now === undefined) return empty;
  if (now.kind === "market") {
    const ticker = tickers.value.get(now.id);
    if (ticker === undefined) return empty;
    const { price, changePercent: change, high, low, volume, quoteVolume: value } = ticker;
    return { price, change, high, low, volume, value };
  }
  const day = figuresOf(dayOf(now).value ?? []);
  const newest = content.value?.series.candles.at(-1)?.close;
  const price = newest ?? day?.price;
  if (day === undefined || price === undefined) return { ...empty, price };
  return { ...day, price, change: changePercent(price, day.open), value: undefined };
}

function Shown(props: {
  readonly figures: Figures;
  readonly base: string;
  readonly quote: string;
}) {
  const { figures, base, quote } = props;
  const { price, change, high, low, volume, value } = figures;
  const id = chosen.value?.id ?? "";
  const isOld = panelState(true, undefined).is === "stale";
  return (
    <dl class={isOld ? "day-figures is-old" : "day-figures"}>
      <div class="last-price">
        <dt class="unseen">Last price</dt>
        <dd>
          <Num value={price} tone={toneOf(id)} flashes showsChange />
        </dd>
      </div>
      <div>
        <dt class="unseen">Change in 24 hours</dt>
        <dd>
          <Change percent={change} />
        </dd>
      </div>
      <Figure title="24 h high" value={high} unit={quote} />
      <Figure title="24 h low" value={low} unit={quote} />
      <Figure title="24 h volume" value={volume} unit={base} />
      {value === undefined ? null : <Figure title="24 h value" value={value} unit={quote} />}
    </dl>
  );
}

function Figure(props: {
  readonly title: string;
  readonly value: string | undefined;
  readonly unit: string;
}) {
  return (
    <div class="minor-figure">
      <dt class="soft">{props.title}</dt>
      <dd>
        <Num value={props.value} unit={props.unit || undefined} />
      </dd>
    </div>
  );
}

/** Opens the watch list where there is no room for it. */
function MarketButton({ title }: { readonly title: string }) {
  const [isOpen, setOpen] = useState(false);
  useKey("search", () => setOpen(true));
  return (
    <>
      <button type="button" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        {title} ▾
      </button>
      <Dialog title="Markets" kind="sheet" isOpen={isOpen} onClose={() => setOpen(false)}>
        {isOpen ? <WatchList isAlone onChosen={() => setOpen(false)} /> : null}
      </Dialog>
    </>
  );
}
