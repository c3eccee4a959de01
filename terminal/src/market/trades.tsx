/** The newest trades. Rows are used again: a new trade takes the element of the one that leaves. */
import { effect, type Signal, signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { clockText, utcText } from "../app/times.ts";
import { Num } from "../design/num.tsx";
import { Panel, type PanelState } from "../design/panel.tsx";
import { onFrame } from "../frame.ts";
import { type Loading, load } from "../session/loading.ts";
import { pickPrice } from "./book.ts";
import { chosen, chosenName } from "./chosen.ts";
import { padded } from "./ladder-rows.ts";
import { panelState } from "./panel-state.ts";
import { link } from "./shown.ts";
import { listedTrade, type TradeLine, TradeList } from "./trades-joined.ts";

const rowPx = 20;
const headPx = 24;
/** Most rows that are drawn. */
const rowsMax = 120;

const lines: Signal<readonly TradeLine[]> = signal([]);
const loading: Signal<Loading> = signal({ is: "loading" });

/** See the head of the file. */
export function Trades() {
  useEffect(() => effect(follow), []);
  return (
    <Panel title="Trades" class="trades-panel" state={tradesState()}>
      <Rows />
    </Panel>
  );
}

/** Keeps the trades of the chosen market, until it is another one. */
function follow(): (() => void) | undefined {
  const [name, connection] = [chosenName.value, link.value];
  lines.value = [];
  loading.value = { is: "loading" };
  if (name === undefined || connection === undefined) return undefined;
  const list = new TradeList();
  const show = () => {
    lines.value = list.lines.slice(0, rowsMax);
  };
  const feed = connection.stream.trades(name);
  feed.listen((item) => {
    if (item.type === "gap") list.gap(item.fromMs, item.toMs);
    else list.told(item);
    onFrame(show);
  });
  const stop = load({
    ask: () => connection.rest.trades(name),
    done: (rows) => {
      list.earlier(rows.map(listedTrade).toReversed());
      onFrame(show);
    },
    tell: (state) => {
      loading.value = state;
    },
  });
  return () => {
    stop();
    feed.close();
  };
}

function tradesState(): PanelState {
  if (chosen.value?.kind === "ticker")
    return { is: "empty", text: "A dataset has bars only: its trades are on the data page." };
  const has = lines.value.length > 0;
  const state = panelState(has, loading.value);
  if (state.is === "loading" && !has && loading.value.is === "ready")
    return { is: "empty", text: "Nothing was traded yet: the first two orders that meet are." };
  return state;
}

function Rows() {
  const box = useRef<HTMLDivElement>(null);
  const [count, setCount] = useState(20);
  useEffect(() => {
    const element = box.current?.parentElement;
    if (element === null || element === undefined) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      const room = (entry?.contentRect.height ?? 0) - headPx;
      setCount(Math.min(rowsMax, Math.max(1, Math.ceil(room / rowPx))));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const market = chosen.value?.kind === "market" ? chosen.value.market : undefined;
  const decimals = market?.priceDecimals ?? 0;
  return (
    <div ref={box} class="trades">
      <div class="trades-head soft">
        <span>Time</span>
        <span>Price {chosen.value?.quote}</span>
        <span>Quantity {chosen.value?.base}</span>
      </div>
      <ol aria-label="Newest trades">
        {lines.value.slice(0, count).map((line) => (
          // As many keys as rows: an element that leaves at the end comes again at the top.
          <li key={(line.seq + rowsMax * 1_000) % (count + 1)}>
            {line.kind === "gap" ? (
              <GapLine {...line} />
            ) : (
              <TradeRow
                line={line}
                decimals={decimals}
                quantityDecimals={market?.quantityDecimals ?? 0}
              />
            )}
          </li>
        ))}
      </ol>
    </div>
  );
}

function GapLine({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }) {
  return (
    <p class="trades-gap">
      {clockText(fromMs)}–{clockText(toMs)}: some may be missing
    </p>
  );
}

interface TradeRowProps {
  readonly line: TradeLine & { readonly kind: "trade" };
  readonly decimals: number;
  readonly quantityDecimals: number;
}

function TradeRow({ line, decimals, quantityDecimals }: TradeRowProps) {
  const { timeMs, price, quantity, direction } = line;
  return (
    <div class="trades-row" data-price={price} data-quantity={quantity}>
      <time class="soft" title={utcText(timeMs)}>
        {clockText(timeMs)}
      </time>
      <button
        type="button"
        class="quiet"
        tabIndex={-1}
        aria-label={`${direction === "buy" ? "bought" : "sold"} at ${padded(price, decimals)}: take the price`}
        onClick={() => pickPrice(price)}
      >
        <Num value={padded(price, decimals)} tone={direction === "buy" ? "up" : "down"} />
      </button>
      <Num value={padded(quantity, quantityDecimals)} />
    </div>
  );
}
