/**
 * The history in a SQLite file. A thread of its own writes, so that storing what happened costs the
 * exchange's thread little more than handing it over, and another one reads; only what an order or a
 * transfer waits for is looked up here.
 * The file grows for as long as the exchange trades: about 100 bytes a row, and nothing is removed.
 */
import { once } from "node:events";
import { resolve } from "node:path";
import { assert, ensureNever } from "../../../core/assert.ts";
import type { Bar } from "../../../marketdata/bars/bar.ts";
import {
  type AccountQuery,
  type Answer,
  type AvailableQuery,
  assertFollows,
  assertPage,
  type BalanceQuery,
  type BalanceRecord,
  type BarQuery,
  barLimitMax,
  type ClientIdUse,
  type ExaminedPart,
  type FillRecord,
  foldedTradesMax,
  type History,
  type HistoryDigest,
  type MarketTotals,
  type OrderEventRecord,
  type OrderFillQuery,
  type OrderQuery,
  type OrderRecord,
  type ToldRecords,
  type TradeBarQuery,
  type TradeBars,
  type TradeQuery,
  type TradeRecord,
  type TransferRecord,
  type UserFillQuery,
} from "../../../ports/history.ts";
import type { Released } from "../../../ports/released.ts";
import type { StorageFailure } from "../../../ports/storage-fault.ts";
import { StoreError, type StoreFault } from "../file/store-error.ts";
import { failureOf } from "../thread/asked-thread.ts";
import { StoreThread } from "../thread/store-thread.ts";
import type { HistoryFileOptions } from "./file.ts";
import type { FromWorker, ToWorker, WorkerStart } from "./messages.ts";
import { type HistoryPoints, openHistoryPoints } from "./points.ts";
import { HistoryReads } from "./reads.ts";
import { RowMaker } from "./rows.ts";

/** Most digests that are asked for at the same time. */
const digestsMax = 16;

/** Why a history cannot be opened. The message names the file and what to do about it. */
export interface HistoryRefusal {
  readonly kind: "refused";
  readonly fault: StoreFault;
  readonly message: string;
  /**
   * The file was written by an older openbourse, lacks what only the log knows, and goes up to this
   * sequence. Undefined for every other trouble.
   */
  readonly outdatedAt: number | undefined;
}

/** An open history, or why there is none. */
export type OpenedHistory = { readonly kind: "opened"; readonly history: History } | HistoryRefusal;

/**
 * Opens the history in `file`, which is made for its owner's eyes only when it is missing. Only who
 * holds the command log may do so: the log's lock is what keeps a second writer out.
 */
export async function openHistory(options: HistoryFileOptions): Promise<OpenedHistory> {
  const { epoch, discard, fileBytesMax } = options;
  // Absolute, because SQLite would read a relative name such as `file:x` as an address.
  const file = resolve(options.file);
  const store: HistoryFileOptions = { file, epoch, discard, fileBytesMax };
  const module = new URL("./worker", import.meta.url);
  const worker = new StoreThread({ module, name: "history", store });
  const exited = new Promise<void>((resolveExit) => {
    worker.once("exit", () => resolveExit());
  });
  // An error before this is a bug, and rejects.
  const [answer]: WorkerStart[] = await once(worker, "message");
  assert(answer !== undefined, "a worker begins with how opening the file went");
  if (answer.kind === "refused") {
    await exited;
    return answer;
  }
  try {
    const points = openHistoryPoints(file);
    const reads = new HistoryReads(file);
    const { lastSequence } = answer;
    const parts = { worker, exited, points, reads, file, epoch, lastSequence };
    return { kind: "opened", history: new SqliteHistory(parts) };
  } catch (error) {
    await worker.terminate();
    if (!(error instanceof StoreError)) throw error;
    const { fault, message } = error;
    return { kind: "refused", fault, message, outdatedAt: undefined };
  }
}

interface Parts {
  readonly worker: StoreThread;
  /** Resolves when the thread has let the file go. */
  readonly exited: Promise<void>;
  readonly points: HistoryPoints;
  readonly reads: HistoryReads;
  readonly file: string;
  readonly epoch: string;
  readonly lastSequence: number;
}

/** Somebody who waits until a sequence is stored. */
interface Flush {
  readonly sequence: number;
  readonly promise: Promise<number | StorageFailure>;
  resolve(outcome: number | StorageFailure): void;
}

class SqliteHistory implements History {
  readonly epoch: string;
  readonly #parts: Parts;
  readonly #rows: RowMaker;
  #lastSequence: number;
  #takenSequence: number;
  /** Whether the rest of the command after the last one taken is still to come. */
  #isUnfinished = false;
  /** Oldest first; at most one for each time that something was taken: who waits for the same sequence shares it. */
  readonly #flushes: Flush[] = [];
  #advance = Promise.withResolvers<void>();
  readonly #digests: ((digest: HistoryDigest | StorageFailure) => void)[] = [];
  #failure: StorageFailure | undefined;
  #stall: StorageFailure | undefined;
  #troubleListener: () => void = () => {};
  #isClosed = false;
  #closing: Promise<void> | undefined;

  constructor(parts: Parts) {
    const { worker, file } = parts;
    this.#parts = parts;
    this.#rows = new RowMaker(parts.points.names);
    this.epoch = parts.epoch;
    this.#lastSequence = parts.lastSequence;
    this.#takenSequence = parts.lastSequence;
    worker.on("message", (message) => this.#receive(message as FromWorker));
    worker.on("error", (error) => this.#fail(failureOf(`the thread of ${file} ended: ${error}`)));
    worker.on("exit", () => this.#end(failureOf(`the thread of ${file} has ended`)));
  }

  get lastSequence(): number {
    return this.#lastSequence;
  }

  get failure(): StorageFailure | undefined {
    return this.#failure;
  }

  get stall(): StorageFailure | undefined {
    return this.#stall;
  }

  onTrouble(listener: () => void): void {
    this.#troubleListener = listener;
  }

  record(released: readonly Released[], isUnfinished = false): void {
    assert(!this.#isClosed, "a closed history takes nothing");
    if (this.#failure !== undefined || released.length === 0) return;
    const lastSequence = assertFollows(this.#takenSequence, released);
    this.#takenSequence = isUnfinished ? lastSequence - 1 : lastSequence;
    this.#isUnfinished = isUnfinished;
    const rows = this.#rows.rowsOf(released, isUnfinished);
    this.#post({ kind: "store", rows });
  }

  advanced(): Promise<void> {
    return this.#failure === undefined ? this.#advance.promise : Promise.resolve();
  }

  flushed(): Promise<number | StorageFailure> {
    if (this.#failure !== undefined) return Promise.resolve(this.#failure);
    if (this.#lastSequence === this.#takenSequence) return Promise.resolve(this.#lastSequence);
    if (this.#stall !== undefined) return Promise.resolve(this.#stall);
    const last = this.#flushes.at(-1);
    if (last?.sequence === this.#takenSequence) return last.promise;
    const { promise, resolve: settle } = Promise.withResolvers<number | StorageFailure>();
    this.#flushes.push({ sequence: this.#takenSequence, promise, resolve: settle });
    this.#post({ kind: "commit" });
    return promise;
  }

  clientIdUse(user: string, clientId: string): ClientIdUse | undefined {
    return this.#parts.points.clientIdUse(user, clientId);
  }

  transfer(user: string, key: string): TransferRecord | undefined {
    return this.#parts.points.transfer(user, key);
  }

  closedOrders(query: OrderQuery): Answer<OrderRecord> {
    assertPage(query);
    return this.#parts.reads.read(userAsker(query), "closedOrders", query);
  }

  orderFills(query: OrderFillQuery): Answer<FillRecord> {
    assertPage(query);
    return this.#parts.reads.read(userAsker(query), "orderFills", query);
  }

  userFills(query: UserFillQuery): Answer<FillRecord> {
    assertPage(query);
    return this.#parts.reads.read(userAsker(query), "userFills", query);
  }

  orderEvents(query: AccountQuery): Answer<OrderEventRecord> {
    assertPage(query);
    return this.#parts.reads.read(userAsker(query), "orderEvents", query);
  }

  toldFills(query: AccountQuery): Answer<ToldRecords<FillRecord>> {
    assertPage(query);
    return this.#parts.reads.read(userAsker(query), "toldFills", query);
  }

  trades(query: TradeQuery): Answer<TradeRecord> {
    assertPage(query);
    return this.#parts.reads.read(marketAsker(query), "trades", query);
  }

  tradeBars(query: TradeBarQuery): Answer<TradeBars> {
    assertPage(query, foldedTradesMax);
    return this.#parts.reads.read(marketAsker(query), "tradeBars", query);
  }

  bars(query: BarQuery): Answer<Bar> {
    assertPage(query, barLimitMax);
    return this.#parts.reads.read(marketAsker(query), "bars", query);
  }

  totals(market: string): Answer<MarketTotals> {
    return this.#parts.reads.read(marketAsker({ market }), "totals", { market });
  }

  balanceChanges(query: BalanceQuery): Answer<BalanceRecord> {
    assertPage(query);
    return this.#parts.reads.read(userAsker(query), "balanceChanges", query);
  }

  toldBalances(query: AvailableQuery): Answer<ToldRecords<BalanceRecord>> {
    assertPage(query);
    return this.#parts.reads.read(userAsker(query), "toldBalances", query);
  }

  examine(): Answer<ExaminedPart> {
    return this.#parts.reads.read("examination", "examine", undefined);
  }

  digest(): Promise<HistoryDigest | StorageFailure> {
    assert(!this.#isClosed, "a closed history is not read");
    assert(!this.#isUnfinished, "a digest is of whole commands");
    if (this.#failure !== undefined) return Promise.resolve(this.#failure);
    assert(this.#digests.length < digestsMax, "the number of digests is bounded");
    return new Promise((resolveDigest) => {
      this.#digests.push(resolveDigest);
      this.#post({ kind: "digest" });
    });
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // Before the writer, because the last connection to a file is the one that tidies up.
    this.#parts.points.close();
    await this.#parts.reads.close();
    this.#post({ kind: "close" });
    await this.#parts.exited;
  }

  #post(message: ToWorker): void {
    this.#parts.worker.postMessage(message);
  }

  #receive(message: FromWorker): void {
    switch (message.kind) {
      case "stored":
        this.#stored(message.lastSequence);
        return;
      case "stalled":
        this.#setStall(message.failure);
        for (const flush of this.#flushes.splice(0)) flush.resolve(message.failure);
        return;
      case "resumed":
        this.#setStall(undefined);
        return;
      case "failed":
        this.#fail(message.failure);
        return;
      case "digest":
        this.#digests.shift()?.(message.digest);
        return;
      default:
        ensureNever(message);
    }
  }

  #stored(lastSequence: number): void {
    this.#lastSequence = lastSequence;
    const waiting = this.#flushes.findIndex(({ sequence }) => sequence > lastSequence);
    const done = this.#flushes.splice(0, waiting < 0 ? this.#flushes.length : waiting);
    for (const flush of done) flush.resolve(lastSequence);
    this.#tellAdvance();
  }

  #tellAdvance(): void {
    this.#advance.resolve();
    this.#advance = Promise.withResolvers();
  }

  #setStall(stall: StorageFailure | undefined): void {
    this.#stall = stall;
    this.#troubleListener();
  }

  #fail(failure: StorageFailure): void {
    this.#stall = undefined;
    const isNews = this.#failure === undefined;
    this.#failure ??= failure;
    for (const flush of this.#flushes.splice(0)) flush.resolve(this.#failure);
    this.#tellAdvance();
    if (isNews) this.#troubleListener();
  }

  /** The thread has ended: nothing that is under way will be answered. */
  #end(failure: StorageFailure): void {
    const isExpected = this.#isClosed && this.#lastSequence === this.#takenSequence;
    if (!isExpected) this.#fail(failure);
    for (const answer of this.#digests.splice(0)) answer(this.#failure ?? failure);
  }
}

/** Whose turn a query takes: each user's, and each market's for what is public. */
function userAsker({ user }: { readonly user: string }): string {
  return `user ${user}`;
}

function marketAsker({
  market,
  asker,
}: {
  readonly market: string;
  readonly asker?: string | undefined;
}): string {
  return asker === undefined ? `market ${market}` : `asker ${asker}`;
}
