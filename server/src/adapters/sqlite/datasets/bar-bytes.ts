/**
 * A bar in bytes. How often it was revised and its number of trades stand in front, so that the newer
 * of two states is known without reading the rest.
 */
import type { StoredBar } from "../../../marketdata/bars/bar.ts";
import { type ByteReader, type ByteWriter, DamagedBytes } from "./bytes.ts";

/** What a figure of a bar may be. */
type Figure = number | bigint;

/** What is unusual about a bar: bits of one number, which is 0 where nothing is. */
const flag = {
  bigQuoteVolume: 1,
  bigTakerBuyQuoteVolume: 2,
  noFirst: 4,
  noLast: 8,
  noTakerBuyVolume: 16,
  noTakerBuyQuoteVolume: 32,
  noQuoteVolume: 64,
  bigPrices: 128,
  bigVolumes: 256,
} as const;

const flagsMax = 511;

/** The decimals of a number are never that many. */
const scaleLimit = 1_000;

/** Writes a bar without its start. */
export function writeBar(to: ByteWriter, bar: StoredBar): void {
  const flags = flagsOf(bar);
  const { open, high, low, close, startUs, firstUs, lastUs } = bar;
  to.uint(bar.revision);
  to.uint(bar.tradeCount === undefined ? 0 : bar.tradeCount + 1);
  to.uint(flags);
  to.uint(bar.priceScale);
  to.uint(bar.volumeScale);
  if ((flags & flag.bigPrices) !== 0) {
    for (const price of [open, high, low, close]) to.exact(price);
  } else {
    to.int(open as number);
    to.int((high as number) - (open as number));
    to.int((open as number) - (low as number));
    to.int((close as number) - (low as number));
  }
  writeVolumes(to, bar, flags);
  if ((flags & flag.noFirst) === 0) to.int(firstUs - startUs);
  if ((flags & flag.noLast) === 0) to.int(lastUs - startUs);
}

function writeVolumes(to: ByteWriter, bar: StoredBar, flags: number): void {
  const { volume, quoteVolume, takerBuyVolume, takerBuyQuoteVolume } = bar;
  const areBig = (flags & flag.bigVolumes) !== 0;
  write(to, volume, areBig);
  if (quoteVolume !== undefined) write(to, quoteVolume, (flags & flag.bigQuoteVolume) !== 0);
  if (takerBuyVolume !== undefined) write(to, takerBuyVolume, areBig);
  if (takerBuyQuoteVolume !== undefined) {
    write(to, takerBuyQuoteVolume, (flags & flag.bigTakerBuyQuoteVolume) !== 0);
  }
}

function flagsOf(bar: StoredBar): number {
  const { open, high, low, close, volume, quoteVolume, takerBuyVolume, takerBuyQuoteVolume } = bar;
  const areSmall = isSmall(open) && isSmall(high) && isSmall(low) && isSmall(close);
  const areVolumesSmall =
    isNumber(volume) && (takerBuyVolume === undefined || isNumber(takerBuyVolume));
  return (
    (typeof quoteVolume === "bigint" ? flag.bigQuoteVolume : 0) |
    (typeof takerBuyQuoteVolume === "bigint" ? flag.bigTakerBuyQuoteVolume : 0) |
    (bar.firstUs === bar.startUs ? flag.noFirst : 0) |
    (bar.lastUs === bar.startUs ? flag.noLast : 0) |
    (takerBuyVolume === undefined ? flag.noTakerBuyVolume : 0) |
    (takerBuyQuoteVolume === undefined ? flag.noTakerBuyQuoteVolume : 0) |
    (quoteVolume === undefined ? flag.noQuoteVolume : 0) |
    (areSmall ? 0 : flag.bigPrices) |
    (areVolumesSmall ? 0 : flag.bigVolumes)
  );
}

function isNumber(value: Figure): value is number {
  return typeof value === "number";
}

/** Whether differences of such prices are exact. */
function isSmall(value: Figure): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function write(to: ByteWriter, value: Figure, isBig: boolean): void {
  if (isBig) to.exact(value);
  else to.int(value as number);
}

/** Reads a bar that starts at a time. */
export function readBar(from: ByteReader, startUs: number): StoredBar {
  const revision = from.uint();
  const count = from.uint();
  const flags = from.uint();
  const priceScale = from.uint();
  const volumeScale = from.uint();
  if (flags > flagsMax || priceScale > scaleLimit || volumeScale > scaleLimit) {
    throw new DamagedBytes("a bar holds what is never written");
  }
  const prices = (flags & flag.bigPrices) === 0 ? readPrices(from) : readAnyPrices(from);
  const areBig = (flags & flag.bigVolumes) !== 0;
  const volume = read(from, areBig);
  const quoteVolume =
    (flags & flag.noQuoteVolume) === 0
      ? read(from, (flags & flag.bigQuoteVolume) !== 0)
      : undefined;
  const takerBuyVolume = (flags & flag.noTakerBuyVolume) === 0 ? read(from, areBig) : undefined;
  const takerBuyQuoteVolume =
    (flags & flag.noTakerBuyQuoteVolume) === 0
      ? read(from, (flags & flag.bigTakerBuyQuoteVolume) !== 0)
      : undefined;
  const firstUs = (flags & flag.noFirst) === 0 ? startUs + from.int() : startUs;
  const lastUs = (flags & flag.noLast) === 0 ? startUs + from.int() : startUs;
  return {
    startUs,
    priceScale,
    open: prices[0],
    high: prices[1],
    low: prices[2],
    close: prices[3],
    volume,
    volumeScale,
    quoteVolume,
    takerBuyVolume,
    takerBuyQuoteVolume,
    tradeCount: count === 0 ? undefined : count - 1,
    firstUs,
    lastUs,
    revision,
  };
}

type Prices = readonly [open: Figure, high: Figure, low: Figure, close: Figure];

function readPrices(from: ByteReader): Prices {
  const open = from.int();
  const high = open + from.int();
  const low = open - from.int();
  return [open, high, low, low + from.int()];
}

function readAnyPrices(from: ByteReader): Prices {
  return [from.exact(), from.exact(), from.exact(), from.exact()];
}

function read(from: ByteReader, isBig: boolean): Figure {
  return isBig ? from.exact() : from.int();
}

/** How new the state of a bar is, without the rest of it: how often it was revised, and its trades. */
export function readRank(from: ByteReader): Pick<StoredBar, "revision" | "tradeCount"> {
  const revision = from.uint();
  const count = from.uint();
  return { revision, tradeCount: count === 0 ? undefined : count - 1 };
}
