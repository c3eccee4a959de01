/**
 * Puts what files hold into the store of a dataset: file after file, in whole batches, each of which may be
 * there already. A file that cannot be read, or not to its end, does not keep the others from being read.
 */
import type { StoredTrade } from "../ports/dataset-reader.ts";
import {
  batchBarsMax,
  batchTradesMax,
  type DatasetStore,
  type ImportBatch,
  isStorageFailure,
} from "../ports/dataset-store.ts";
import type { StopSignal } from "../ports/feed.ts";
import type { StorageFailure } from "../ports/storage-fault.ts";
import { readSortedOnDisk } from "./disk-sort.ts";
import type { FileFormat } from "./format.ts";
import { formatWords, type SettledFormat } from "./guess.ts";
import { detached, type RecordedTrade } from "./map.ts";
import { barLength, lengthFault, minutesOf, type PlacedBar, wholeMinutes } from "./minute-bars.ts";
import type { RecordingFailure } from "./recording.ts";
import type { Recording } from "./stored-file.ts";
import { type BarBlock, readRows, type TradeBlock } from "./trade-file.ts";
import { TradeLine } from "./trade-line.ts";
import { type VenueName, venueName } from "./venue-name.ts";

/** Rows of bars that are held until they are stored. */
const heldBars = 20_000;

/** Where rows go. */
export interface ImportTarget {
  readonly store: Pick<DatasetStore, "import">;
  readonly dataset: string;
  /** Where the trades happened, unless the rows say it. */
  readonly venue: string;
  /** Of files that do not name theirs. */
  readonly ticker?: string | undefined;
  /** From symbols, of rows or of names of files, to tickers. Rows of other symbols have them as tickers. */
  readonly tickers: ReadonlyMap<string, string>;
  /** Older rows are not kept by the dataset; undefined where all are. */
  readonly keptFromUs?: number | undefined;
  /** Whether the dataset keeps trades, or bars alone. By default it does. */
  readonly keepsTrades?: boolean;
}

/** What became of rows, counted. */
export interface ImportFigures {
  trades: number;
  tradesStored: number;
  tradesKnown: number;
  barsStored: number;
  barsKnown: number;
  /** Minutes of bars in which nothing was traded. */
  barsEmpty: number;
  /** Rows that could not be read. */
  malformed: number;
  /** Rows that are no trades of the market. */
  skipped: number;
  /** Rows that are older than what the dataset keeps. */
  tooOld: number;
  filesFailed: number;
}

/** Whom an import talks to. */
export interface ImportListener {
  /** What is going on, a line. */
  say(line: string): void;
  /** What is not as it should be, a line. */
  warn(line: string): void;
  /** How far it has come: bytes of the file at hand, and rows in all. */
  progress(recording: Recording, bytesRead: number, rows: number): void;
}

/** Imports files one after another. */
export class Importer {
  readonly #target: ImportTarget;
  readonly #listener: ImportListener;
  readonly #signal: StopSignal;
  #waiting: Promise<StorageFailure | undefined> = Promise.resolve(undefined);
  #rows = 0;
  readonly figures: ImportFigures = {
    trades: 0,
    tradesStored: 0,
    tradesKnown: 0,
    barsStored: 0,
    barsKnown: 0,
    barsEmpty: 0,
    malformed: 0,
    skipped: 0,
    tooOld: 0,
    filesFailed: 0,
  };

  constructor(target: ImportTarget, listener: ImportListener, signal: StopSignal) {
    this.#target = target;
    this.#listener = listener;
    this.#signal = signal;
  }

  /** Takes one file; the answer says why the store takes no more. */
  async take(recording: Recording, format: FileFormat): Promise<StorageFailure | undefined> {
    const file = new FileImport(this, recording, this.#target);
    const outcome = await file.read(format, false);
    const again = outcome === "out of order" ? await file.read(format, true) : outcome;
    if (typeof again === "object") return again;
    if (typeof again === "string") this.#fail(again);
    return await this.#waiting;
  }

  get isStopped(): boolean {
    return this.#signal.aborted;
  }

  /** Stores a batch when the one before it is stored; reading goes on meanwhile. */
  async store(batch: Omit<ImportBatch, "dataset">): Promise<StorageFailure | undefined> {
    const failure = await this.#waiting;
    if (failure !== undefined) return failure;
    this.#waiting = this.#put(batch);
    return undefined;
  }

  /** Waits until everything is stored. */
  stored(): Promise<StorageFailure | undefined> {
    return this.#waiting;
  }

  async #put(batch: Omit<ImportBatch, "dataset">): Promise<StorageFailure | undefined> {
    const { store, dataset } = this.#target;
    const outcome = await store.import({ dataset, ...batch });
    if (isStorageFailure(outcome)) return outcome;
    this.figures.tradesStored += outcome.tradesStored;
    this.figures.tradesKnown += outcome.tradesKnown;
    this.figures.barsStored += outcome.barsStored;
    this.figures.barsKnown += outcome.barsKnown;
    return undefined;
  }

  say(line: string): void {
    this.#listener.say(line);
  }

  warn(line: string): void {
    this.#listener.warn(line);
  }

  read(recording: Recording, bytesRead: number, rows: number): void {
    this.#rows += rows;
    this.#listener.progress(recording, bytesRead, this.#rows);
  }

  #fail(reason: string): void {
    this.figures.filesFailed += 1;
    this.warn(reason);
  }
}

/** Why a file is not read on: words, a failure of the store, or that its rows have to be sorted first. */
type Ending = string | StorageFailure | "out of order" | undefined;

/** One file on its way into the store. */
class FileImport {
  readonly #importer: Importer;
  readonly #recording: Recording;
  readonly #target: ImportTarget;
  readonly #name: VenueName | undefined;
  #line = new TradeLine();
  #bars: PlacedBar[] = [];
  #barLengthUs: number | undefined;
  readonly #symbols = new Map<string, string>();
  #tooOld = 0;
  #firstTooOld: string | undefined;
  /** Figures of the files before this one. */
  readonly #before: Pick<ImportFigures, "trades" | "malformed" | "skipped">;
  readonly #warned = new Set<string>();
  #fromUs = Number.POSITIVE_INFINITY;
  #toUs = Number.NEGATIVE_INFINITY;

  constructor(importer: Importer, recording: Recording, target: ImportTarget) {
    this.#importer = importer;
    this.#recording = recording;
    this.#target = target;
    this.#name = venueName(recording.path);
    const { trades, malformed, skipped } = importer.figures;
    this.#before = { trades, malformed, skipped };
  }

  /** Reads the file, in the order of its lines or sorted on disk first. */
  async read(format: FileFormat, isSorted: boolean): Promise<Ending> {
    const { figures } = this.#importer;
    // What is read again is counted again.
    Object.assign(figures, this.#before);
    this.#line = new TradeLine();
    const options = {
      recording: this.#recording,
      format,
      isQuiet: false,
      context: {
        count: (counter: string, by: number) => {
          if (counter === "malformed") figures.malformed += by;
          if (counter === "skipped") figures.skipped += by;
        },
        warn: (line: string) => this.#warnOnce(line),
      },
      settled: (settled: SettledFormat) => {
        if (!isSorted) this.#say(settled);
      },
    };
    const blocks = isSorted ? readSortedOnDisk(options) : readRows(options);
    for await (const block of blocks) {
      if (this.#importer.isStopped) return undefined;
      const ending = await this.#takeBlock(block, isSorted);
      if (ending !== undefined) return ending;
    }
    const ending = await this.#flush();
    return ending ?? (await this.#nameSpan());
  }

  #say(format: SettledFormat): void {
    const { path, compression } = this.#recording;
    const text = formatWords(format);
    const words = compression === "parquet" ? text.replace(" in CSV", "") : text;
    const packed = compression === "none" ? "" : compression;
    const form =
      text.includes(" in ") || compression === "parquet"
        ? packed
        : ["CSV", packed].filter(Boolean).join(", ");
    const how = form === "" ? words : `${words} (${form})`;
    this.#importer.say(`reading ${path} as ${how}`);
  }

  /** A file that is read again says what was said before; a report is bounded, and so is this. */
  #warnOnce(line: string): void {
    if (!this.#warned.has(line)) this.#importer.warn(line);
    this.#warned.add(line);
  }

  async #takeBlock(
    block: TradeBlock | BarBlock | RecordingFailure,
    isSorted: boolean,
  ): Promise<Ending> {
    if (block.kind === "failed") return (await this.#flush()) ?? block.reason;
    const rows = block.kind === "trades" ? block.trades : block.bars;
    this.#importer.read(this.#recording, block.bytesRead, rows.length);
    if (block.kind === "bars") return await this.#takeBars(block);
    if (block.trades.length > 0 && this.#target.keepsTrades === false) return this.#noTrades();
    this.#importer.figures.trades += block.trades.length;
    const leaving = this.#line.push(block.trades);
    if (this.#line.isOutOfReach && !isSorted) return this.#outOfOrder();
    if (this.#line.isTooDense) return this.#tooDense();
    return await this.#storeTrades(leaving);
  }

  /** Bars of trades that are not stored would be those of one file alone. */
  #noTrades(): string {
    const { dataset } = this.#target;
    return `cannot read ${this.#recording.path}: it has trades, and dataset ${dataset} keeps bars alone (history.trades: false in its configuration); take a file of bars, or let it keep trades`;
  }

  /** They would not be told apart from those of the next batch. */
  #tooDense(): Ending {
    return `cannot read ${this.#recording.path}: more than ${batchTradesMax} rows are of one moment; is the right column its time? Name it with --map`;
  }

  #outOfOrder(): Ending {
    const { path, input } = this.#recording;
    if (input !== undefined) {
      return `cannot read ${path}: its rows are not in order of time; store it in a file, which can be sorted on disk`;
    }
    this.#importer.say(`${path}: its rows are not in order of time, so it is sorted on disk first`);
    return "out of order";
  }

  /** Stores all that is held. */
  async #flush(): Promise<Ending> {
    const trades = await this.#storeTrades(this.#line.end());
    if (trades !== undefined) return trades;
    const bars = await this.#storeBars(this.#bars);
    this.#bars = [];
    this.#tellTooOld();
    return bars;
  }

  async #storeTrades(recorded: readonly RecordedTrade[]): Promise<Ending> {
    const trades: StoredTrade[] = [];
    for (const trade of recorded) {
      const ticker = this.#tickerOf(trade.symbol);
      if (ticker === undefined) return this.#noTicker();
      if (this.#isKept(trade.eventTimeUs, trade.line)) trades.push(this.#stored(trade, ticker));
    }
    return trades.length === 0
      ? undefined
      : await this.#importer.store({ trades, bars: [], known: [] });
  }

  #stored(trade: RecordedTrade, ticker: string): StoredTrade {
    const { id, price, priceScale, quantity, quantityScale, eventTimeUs, aggressor } = trade;
    const venue = trade.venue ?? this.#target.venue;
    return {
      ticker,
      venue,
      id,
      price,
      priceScale,
      quantity,
      quantityScale,
      eventTimeUs,
      aggressor,
    };
  }

  async #takeBars({ bars }: BarBlock): Promise<Ending> {
    for (const bar of bars) {
      const ticker = this.#tickerOf(bar.symbol);
      if (ticker === undefined) return this.#noTicker();
      if (!this.#isKept(bar.startUs, bar.line)) continue;
      this.#bars.push({ ...bar, ticker });
    }
    if (this.#bars.length < heldBars) return undefined;
    const [whole, rest] = wholeMinutes(this.#bars);
    this.#bars = rest;
    return await this.#storeBars(whole);
  }

  async #storeBars(rows: readonly PlacedBar[]): Promise<Ending> {
    if (rows.length === 0) return undefined;
    this.#barLengthUs ??= barLength(rows, this.#name?.interval);
    const fault = lengthFault(this.#barLengthUs);
    if (fault !== undefined) return `cannot read ${this.#recording.path}: ${fault}`;
    const stray = rows.find(({ startUs }) => startUs % this.#barLengthUs! !== 0);
    if (stray !== undefined) {
      return `cannot read ${this.#recording.path}: the bar of line ${stray.line} does not begin with its minute`;
    }
    const minutes = minutesOf(rows, this.#barLengthUs);
    this.#importer.figures.barsEmpty += minutes.empty;
    for (let at = 0; at === 0 || at < minutes.bars.length; at += batchBarsMax) {
      const bars = minutes.bars.slice(at, at + batchBarsMax);
      const failure = await this.#importer.store({ trades: [], bars, known: minutes.known });
      if (failure !== undefined) return failure;
    }
    return undefined;
  }

  /** Whether the dataset keeps rows of a time. */
  #isKept(timeUs: number, line: number): boolean {
    if (timeUs < this.#fromUs) this.#fromUs = timeUs;
    if (timeUs > this.#toUs) this.#toUs = timeUs;
    const { keptFromUs } = this.#target;
    if (keptFromUs === undefined || timeUs >= keptFromUs) return true;
    this.#tooOld += 1;
    this.#firstTooOld ??= `${this.#recording.path}:${line}`;
    return false;
  }

  #tellTooOld(): void {
    if (this.#tooOld === 0) return;
    this.#importer.figures.tooOld += this.#tooOld;
    const rows = this.#tooOld === 1 ? "1 row is" : `${this.#tooOld} rows are`;
    this.#importer.warn(
      `${this.#firstTooOld}: ${rows} older than what dataset ${this.#target.dataset} keeps, and not stored`,
    );
    this.#tooOld = 0;
  }

  /** The ticker of a row; undefined where nothing tells it. */
  #tickerOf(symbol: string | undefined): string | undefined {
    const named = symbol ?? this.#name?.symbol;
    const { tickers, ticker } = this.#target;
    const mapped = named === undefined ? undefined : tickers.get(named);
    if (symbol === undefined) return mapped ?? ticker;
    if (mapped !== undefined) return mapped;
    const known = this.#symbols.get(symbol);
    if (known !== undefined) return known;
    const own = detached(symbol);
    if (ticker !== undefined && ticker !== own && this.#symbols.size === 0) {
      this.#importer.warn(
        `${this.#recording.path}: its rows name their tickers, as ${own}, and are stored under these, for --ticker ${ticker} is for rows that name none: --ticker ${own}=${ticker} is for these`,
      );
    }
    this.#symbols.set(own, own);
    return own;
  }

  #noTicker(): string {
    const { path } = this.#recording;
    const symbol = this.#name?.symbol;
    const how =
      symbol === undefined
        ? "name it with --ticker, as --ticker BTC/USDT"
        : `its name says ${symbol}: name the ticker with --ticker ${symbol}=TICKER`;
    return `cannot read ${path}: its rows name no ticker; ${how}`;
  }

  /** A day or month that the file holds all of is known, where all of it could be read. */
  async #nameSpan(): Promise<Ending> {
    const { figures } = this.#importer;
    const name = this.#name;
    const ticker = this.#tickerOf(undefined);
    if (name === undefined || ticker === undefined) return undefined;
    const isWhole = figures.malformed === this.#before.malformed && this.#firstTooOld === undefined;
    const isWithin = this.#fromUs >= name.span.fromUs && this.#toUs < name.span.toUs;
    const hasRows = this.#toUs >= this.#fromUs;
    if (!isWhole || !isWithin || !hasRows) return undefined;
    return await this.#importer.store({ trades: [], bars: [], known: [{ ...name.span, ticker }] });
  }
}
