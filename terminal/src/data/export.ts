/**
 * A part of the past as a file: read page by page, kept as pieces of text, and given to the browser as a whole. No address holds a
 * key, since the file is made here. Rows are bounded, and how many there are is told while they come.
 */
import type { PastBar, PastTrade } from "@openbourse/client";
import type { Ask } from "../session/finazon.ts";

/** What is exported. Times are milliseconds since 1970. */
export interface ExportRequest {
  readonly dataset: string;
  readonly ticker: string;
  readonly what: "bars" | "trades";
  readonly format: "csv" | "ndjson";
  readonly startMs: number;
  /** The last moment that is exported. */
  readonly endMs: number;
}

/** Most rows of one file. */
export const rowsMax = 500_000;
const pageSize = 1_000;
const minuteMs = 60_000;

/** Who waits for it. */
export interface ExportWatcher {
  progress(rows: number): void;
  isWanted(): boolean;
}

/** A file that is made. */
export interface Exported {
  readonly pieces: readonly string[];
  readonly rows: number;
  /** Whether there was more than {@link rowsMax}. */
  readonly isCut: boolean;
}

/** Reads all pages; undefined where it is not wanted any more. */
export async function exportRows(
  request: ExportRequest,
  ask: Ask,
  watcher: ExportWatcher,
): Promise<Exported | undefined> {
  const pieces: string[] = request.format === "csv" ? [headers[request.what]] : [];
  let rows = 0;
  const pages = request.what === "bars" ? barPages(request, ask) : tradePages(request, ask);
  for await (const page of pages) {
    if (!watcher.isWanted()) return undefined;
    const room = rowsMax - rows;
    const isCut = page.length > room;
    pieces.push(page.slice(0, room).join(""));
    rows += Math.min(page.length, room);
    watcher.progress(rows);
    if (isCut) return { pieces, rows, isCut };
  }
  return { pieces, rows, isCut: false };
}

const headers = {
  bars: "time,open,high,low,close,volume\n",
  trades: "time,price,quantity\n",
} as const;

async function* barPages(request: ExportRequest, ask: Ask): AsyncGenerator<readonly string[]> {
  const { dataset, ticker, endMs, format } = request;
  // The minute in which the time begins has a bar too.
  const firstMs = Math.floor(request.startMs / minuteMs) * minuteMs;
  for (let startMs = firstMs; startMs <= endMs; ) {
    const range = { startMs, endMs, order: "asc", pageSize } as const;
    const page = await ask((rest) =>
      rest.timeSeries({ dataset, ticker, interval: "1m", ...range }),
    );
    yield page.map((bar) => barLine(bar, format));
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return;
    startMs = last.startMs + 1_000;
  }
}

/**
 * Trades of one moment may lie on two pages, so pages are counted. They are counted from 0, or from 1 where the operator chose that: then
 * the pages 0 and 1 are the same.
 */
async function* tradePages(request: ExportRequest, ask: Ask): AsyncGenerator<readonly string[]> {
  const { dataset, ticker, startMs, endMs, format } = request;
  let first = "";
  for (let page = 0; ; page += 1) {
    const range = { startMs, endMs, order: "asc", pageSize, page } as const;
    const trades = await ask((rest) => rest.trades({ dataset, ticker, ...range }));
    const lines = trades.map((trade) => tradeLine(trade, format));
    const text = lines.join("");
    const isRepeat = page === 1 && text === first;
    if (page === 0) first = text;
    if (!isRepeat) yield lines;
    if (trades.length < pageSize) return;
  }
}

function barLine({ startMs, open, high, low, close, volume }: PastBar, format: string): string {
  const time = timeText(startMs);
  if (format === "csv") return `${time},${open},${high},${low},${close},${volume}\n`;
  return `{"time":"${time}","open":${open},"high":${high},"low":${low},"close":${close},"volume":${volume}}\n`;
}

function tradeLine({ timeMs, price, quantity }: PastTrade, format: string): string {
  const time = timeText(timeMs);
  if (format === "csv") return `${time},${price},${quantity}\n`;
  return `{"time":"${time}","price":${price},"quantity":${quantity}}\n`;
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
