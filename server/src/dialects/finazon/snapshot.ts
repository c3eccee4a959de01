/**
 * The figures of a snapshot, made of bars of days and the last trade. Days are those of UTC on which something
 * was traded; the newest of them stands for today, so that a market which is closed has figures too.
 */
import { formatDecimal, rescaleExactly } from "../../core/num/decimal.ts";
import type { StoredBar } from "../../marketdata/bars/bar.ts";
import { intervalStart, monthsInterval } from "../../marketdata/bars/interval.ts";
import { rollUp } from "../../marketdata/bars/roll.ts";
import type { StoredTrade } from "../../ports/dataset-reader.ts";
import { secondUs } from "./seconds.ts";

const dayUs = 86_400 * secondUs;

/** Days of 52 weeks. */
const yearDays = 364;

/** Most days that the figures are made of: a day each, and none missing. */
export const snapshotDays: number = yearDays;

/** Decimals of changes, which are parts of one (D-F25). */
const changeScale = 6;

/** A decimal number. */
interface Figure {
  readonly value: number | bigint;
  readonly scale: number;
}

/** The last price, and what is known of its trade. */
interface LastTrade extends Figure {
  readonly quantity: Figure | undefined;
  readonly timeUs: number;
}

/** The days of a ticker, the newest first and at least one, and its last trade where it is stored. */
export interface SnapshotDays {
  readonly days: readonly [StoredBar, ...StoredBar[]];
  readonly trade: StoredTrade | undefined;
}

/** Writes the snapshot. What is not known is `null`. */
export function snapshotText({ days, trade }: SnapshotDays): string {
  const [today, before] = days;
  const last = lastOf(today, trade);
  const month = monthOf(days);
  const change = (daysAgo: number) => {
    const then = days.find(({ startUs }) => startUs <= today.startUs - daysAgo * dayUs);
    return then === undefined ? "null" : changeText(last, closeOf(then));
  };
  const changes = `{"dap":${change(1)},"wep":${change(7)},"mop":${change(30)}}`;
  return (
    `{"lt":${lastTradeText(last)},"1d":${barText(today)},` +
    `"p1d":${before === undefined ? "null" : barText(before)},"1m":${barText(month)},` +
    `"52w":${yearText(days, last)},"ch":${changes}}`
  );
}

/** The last trade; what the newest bar says of it where that trade is not stored. */
function lastOf(today: StoredBar, trade: StoredTrade | undefined): LastTrade {
  if (trade === undefined || trade.eventTimeUs < today.lastUs) {
    return { ...closeOf(today), quantity: undefined, timeUs: today.lastUs };
  }
  const { price: value, priceScale: scale, quantity, quantityScale, eventTimeUs } = trade;
  return { value, scale, quantity: { value: quantity, scale: quantityScale }, timeUs: eventTimeUs };
}

function lastTradeText({ quantity, timeUs, ...price }: LastTrade): string {
  const traded = quantity === undefined ? "null" : figureText(quantity);
  return `{"p":"${figureText(price)}","s":${traded},"tm":${Math.floor(timeUs / 1_000)}}`;
}

/** Prices and volume as texts, as the printed sample has them (D-F24). */
function barText(bar: StoredBar): string {
  const price = (value: number | bigint) => `"${formatDecimal(value, bar.priceScale)}"`;
  const volume = formatDecimal(bar.volume, bar.volumeScale);
  return `{"o":${price(bar.open)},"h":${price(bar.high)},"l":${price(bar.low)},"c":${price(bar.close)},"v":"${volume}"}`;
}

/** The bar of the calendar month that the newest day belongs to, up to that day. */
function monthOf(days: SnapshotDays["days"]): StoredBar {
  const month = monthsInterval(1);
  const startUs = intervalStart(month, days[0].startUs);
  const itsDays = days.filter((day) => day.startUs >= startUs).toReversed();
  const [bar] = rollUp(itsDays, month);
  return bar ?? days[0];
}

/** The newest day and the 51 weeks and 6 days before it, as far as they are stored. */
function yearText(days: SnapshotDays["days"], last: Figure): string {
  const sinceUs = days[0].startUs - (yearDays - 1) * dayUs;
  const year = days.filter(({ startUs }) => startUs >= sinceUs);
  const top = extreme(
    year,
    ({ high }) => high,
    (left, right) => left > right,
  );
  const bottom = extreme(
    year,
    ({ low }) => low,
    (left, right) => left < right,
  );
  const first = year.at(-1) ?? days[0];
  const open = { value: first.open, scale: first.priceScale };
  return (
    `{"h":"${figureText(top)}","ht":${top.startS},"l":"${figureText(bottom)}","lt":${bottom.startS},` +
    `"ch":${figureText(difference(last, open))},"chp":${changeText(last, open)},"av":${averageVolume(year)}}`
  );
}

/** The highest or lowest price, and the start of the first day that had it. */
function extreme(
  days: readonly StoredBar[],
  priceOf: (day: StoredBar) => number | bigint,
  isBeyond: (left: number | bigint, right: number | bigint) => boolean,
): Figure & { readonly startS: number } {
  const scale = Math.max(...days.map(({ priceScale }) => priceScale));
  const prices = days.toReversed().map((day) => ({
    value: rescaleExactly(priceOf(day), day.priceScale, scale),
    startS: day.startUs / secondUs,
  }));
  const found = prices.reduce((best, price) => (isBeyond(price.value, best.value) ? price : best));
  return { ...found, scale };
}

/** Volume of a day on average, over the days on which something was traded. */
function averageVolume(days: readonly StoredBar[]): string {
  const scale = Math.max(...days.map(({ volumeScale }) => volumeScale));
  const sum = days.reduce(
    (total, day) => total + BigInt(rescaleExactly(day.volume, day.volumeScale, scale)),
    0n,
  );
  return formatDecimal(rounded(sum, BigInt(days.length)), scale);
}

function closeOf({ close, priceScale }: StoredBar): Figure {
  return { value: close, scale: priceScale };
}

function figureText({ value, scale }: Figure): string {
  return formatDecimal(value, scale);
}

function difference(left: Figure, right: Figure): Figure {
  const scale = Math.max(left.scale, right.scale);
  return { value: at(left, scale) - at(right, scale), scale };
}

/** The change from one price to another, as a part of the first, at {@link changeScale} decimals. */
function changeText(to: Figure, from: Figure): string {
  const { value, scale } = difference(to, from);
  const part = rounded(BigInt(value) * 10n ** BigInt(changeScale), at(from, scale));
  return formatDecimal(part, changeScale);
}

function at({ value, scale }: Figure, wanted: number): bigint {
  return BigInt(rescaleExactly(value, scale, wanted));
}

/** A quotient of whole numbers, the divisor positive; halves away from zero. */
function rounded(dividend: bigint, divisor: bigint): bigint {
  const magnitude = dividend < 0n ? -dividend : dividend;
  const quotient = (2n * magnitude + divisor) / (2n * divisor);
  return dividend < 0n ? -quotient : quotient;
}
