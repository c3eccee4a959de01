/** Cells that several tables of orders have. */
import type { Direction } from "@openbourse/client";
import { clockText, dateText, utcText } from "../app/times.ts";
import { Num } from "../design/num.tsx";
import { marketsByName } from "../market/catalog.ts";
import { withDecimals } from "./amounts.ts";

const dayMs = 86_400_000;

/** A moment: the time of today, else with the day; UTC for who points at it. */
export function Time({ ms }: { readonly ms: number }) {
  const isToday = new Date(ms).toDateString() === new Date().toDateString();
  const text = isToday && Date.now() - ms < dayMs ? clockText(ms) : dateText(ms);
  return (
    <time dateTime={new Date(ms).toISOString()} title={utcText(ms)}>
      {text}
    </time>
  );
}

/** Buy or sell, which differ in word and colour. */
export function Side({ direction }: { readonly direction: Direction }) {
  return <span class={direction === "buy" ? "up" : "down"}>{direction}</span>;
}

/** `BTC/USDT`. */
export function marketText(market: string): string {
  return market.replace("_", "/");
}

/** A price or a quantity with the decimals of its market. */
export function Figure(props: {
  readonly market: string;
  readonly of: "price" | "quantity";
  readonly value: string;
  readonly flashes?: boolean;
}) {
  const { market, of, value, flashes = false } = props;
  const rules = marketsByName.value.get(market);
  const decimals = of === "price" ? rules?.priceDecimals : rules?.quantityDecimals;
  return <Num value={withDecimals(value, decimals ?? 0)} flashes={flashes} />;
}
