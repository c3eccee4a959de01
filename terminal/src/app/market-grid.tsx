/**
 * Where the parts of the market page stand: side by side on a wide screen, fewer columns on a narrower one, one column with
 * tabs and a sheet for the ticket on a phone. Parts are functions, so that what is not shown is not built.
 */
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Dialog } from "../design/dialog.tsx";
import { Splitter } from "../design/splitter.tsx";
import { Tabs } from "../design/tabs.tsx";
import { hasExchange } from "../session/session.ts";
import { type KeyAction, perform, useKey } from "./keys.ts";
import { setSize, sizeOf } from "./preferences.ts";
import { viewport } from "./viewport.ts";

/** Draws a part. */
export type Part = () => ComponentChildren;

/** The parts of the page. */
export interface MarketGridProps {
  /** The list of markets; on narrower screens it is opened from the top bar. */
  readonly watch: Part;
  readonly chart: Part;
  /** Ladder and depth. */
  readonly book: Part;
  readonly trades: Part;
  /** Open orders, history, fills, balances. */
  readonly orders: Part;
  readonly ticket: Part;
}

/** Parts whose size can be changed: its name for people, and its size in pixels at first, at least and at most. */
const resizable = {
  watch: { label: "Width of the watch list", first: 216, min: 150, max: 420 },
  book: { label: "Width of the order book", first: 248, min: 190, max: 480 },
  ticket: { label: "Width of the ticket", first: 264, min: 220, max: 420 },
  orders: { label: "Height of the orders", first: 220, min: 80, max: 560 },
  trades: { label: "Height of the trades", first: 260, min: 80, max: 640 },
} as const;

type Resizable = keyof typeof resizable;

/** See the head of the file. */
export function MarketGrid(props: MarketGridProps) {
  if (!hasExchange.value) return <ChartAlone {...props} />;
  if (viewport.value === "phone") return <PhoneGrid {...props} />;
  return <Columns {...props} isWide={viewport.value === "wide"} />;
}

/** Where there is no exchange, nothing can be traded and nothing has a book. */
function ChartAlone({ watch, chart }: MarketGridProps) {
  return (
    <div class="columns">
      {viewport.value === "wide" ? <Watch watch={watch} /> : null}
      <div class="grows">{chart()}</div>
    </div>
  );
}

function Watch({ watch }: Pick<MarketGridProps, "watch">) {
  return (
    <>
      <Sized name="watch" axis="x" part={watch} />
      <Grip name="watch" axis="x" />
    </>
  );
}

function Columns(props: MarketGridProps & { readonly isWide: boolean }) {
  const { isWide, watch, chart, book, trades, orders, ticket } = props;
  return (
    <div class="columns">
      {isWide ? <Watch watch={watch} /> : null}
      <div class="stack grows">
        <div class="grows">{chart()}</div>
        <Grip name="orders" axis="y" isReversed />
        <Sized name="orders" axis="y" part={orders} />
      </div>
      <Grip name="book" axis="x" isReversed />
      <Sized
        name="book"
        axis="x"
        part={() =>
          isWide ? (
            <div class="stack">
              <div class="grows">{book()}</div>
              <Grip name="trades" axis="y" isReversed />
              <Sized name="trades" axis="y" part={trades} />
            </div>
          ) : (
            <BookTabs book={book} trades={trades} />
          )
        }
      />
      <Grip name="ticket" axis="x" isReversed />
      <Sized name="ticket" axis="x" part={ticket} />
    </div>
  );
}

/** A part with a size of its own. The size is set by script, since markup may carry no style here. */
function Sized(props: { readonly name: Resizable; readonly axis: "x" | "y"; readonly part: Part }) {
  const { name, axis, part } = props;
  const element = useRef<HTMLDivElement>(null);
  const size = sizeOf(name, resizable[name].first);
  // Before anything is painted: the whole page would be laid out and painted again.
  useLayoutEffect(() => {
    element.current?.style.setProperty("--size-of-part", `${size}px`);
  }, [size]);
  return (
    <div ref={element} class={`sized ${axis} part-${name}`}>
      {part()}
    </div>
  );
}

function Grip(props: {
  readonly name: Resizable;
  readonly axis: "x" | "y";
  readonly isReversed?: boolean;
}) {
  const { name, axis, isReversed = false } = props;
  const { label, first, min, max } = resizable[name];
  const size = sizeOf(name, first);
  const onSize = (wanted: number) => setSize(name, wanted);
  return <Splitter {...{ label, axis, size, min, max, isReversed, onSize }} />;
}

const bookTab = signal("book");

function BookTabs({ book, trades }: { readonly book: Part; readonly trades: Part }) {
  return (
    <Tabs
      label="Order book and trades"
      selected={bookTab.value}
      onSelect={(id) => {
        bookTab.value = id;
      }}
      tabs={[
        { id: "book", title: "Book", body: book },
        { id: "trades", title: "Trades", body: trades },
      ]}
    />
  );
}

const phoneTab = signal("book");
const sheet = signal<KeyAction | undefined>(undefined);

function PhoneGrid({ chart, book, trades, orders, ticket }: MarketGridProps) {
  return (
    <div class="stack phone">
      <div class="phone-chart">{chart()}</div>
      <div class="grows">
        <Tabs
          label="Parts of the market"
          selected={phoneTab.value}
          onSelect={(id) => {
            phoneTab.value = id;
          }}
          tabs={[
            { id: "book", title: "Book", body: book },
            { id: "trades", title: "Trades", body: trades },
            { id: "orders", title: "Orders", body: orders },
          ]}
        />
      </div>
      <TicketSheet ticket={ticket} />
    </div>
  );
}

function TicketSheet({ ticket }: { readonly ticket: Part }) {
  const side = sheet.value;
  const open = (wanted: KeyAction) => {
    // An open sheet leaves the key to the ticket in it.
    if (sheet.peek() !== undefined) return false;
    sheet.value = wanted;
    return true;
  };
  useKey("buy", () => open("buy"));
  useKey("sell", () => open("sell"));
  useEffect(() => {
    if (side !== undefined) perform(side);
  }, [side]);
  return (
    <div class="phone-ticket">
      <button type="button" class="buy" onClick={() => open("buy")}>
        Buy
      </button>
      <button type="button" class="sell" onClick={() => open("sell")}>
        Sell
      </button>
      <Dialog
        title="Order"
        kind="sheet"
        isOpen={side !== undefined}
        onClose={() => {
          sheet.value = undefined;
        }}
      >
        {side === undefined ? null : ticket()}
      </Dialog>
    </div>
  );
}
