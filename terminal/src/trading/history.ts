/**
 * Orders that have ended, page by page from the server, the last one first. When an order ends, the first page is read again while
 * anybody looks.
 */
import { ClientError, type ClosedOrder } from "@openbourse/client";
import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { chosenMarket } from "../market/chosen.ts";
import { account } from "../session/session.ts";
import { onAccountChange } from "./private.ts";

/** What has been read. */
export interface History {
  readonly rows: readonly ClosedOrder[];
  /** Whether nothing came before them, or the protocol goes back no further. */
  readonly isOver: boolean;
  readonly isReading: boolean;
  readonly trouble: string | undefined;
}

/** Rows of a page. */
const pageRows = 50;
/** Largest offset that the protocol takes. */
const offsetMax = 10_000;
/** Between the end of an order and the reading of it, so that many make one reading, in milliseconds. */
const settleMs = 300;

const empty: History = { rows: [], isOver: false, isReading: false, trouble: undefined };
const read = signal<History>(empty);

/** See the head of the file. */
export const history: ReadonlySignal<History> = read;
/** Whether lists show the chosen market alone. */
export const onlyChosen: Signal<boolean> = signal(false);

const filter = computed(() => (onlyChosen.value ? chosenMarket.value?.market.market : undefined));

/** How many panels look at it. */
let watchers = 0;
/** Of the list that is being read; an answer to an older one is thrown away. */
let round = 0;

/** Reads the history while somebody looks, until the returned function is called. */
export function watchHistory(): () => void {
  watchers += 1;
  if (watchers === 1) void readPage(0);
  return () => {
    watchers -= 1;
  };
}

/** Reads the page before the last one that was read. */
export function readMore(): void {
  const { rows, isReading, isOver } = read.peek();
  if (!isReading && !isOver) void readPage(rows.length);
}

async function readPage(offset: number): Promise<void> {
  const rest = account.peek()?.rest;
  if (rest === undefined) return;
  const own = round;
  read.value = { ...read.peek(), isReading: true, trouble: undefined };
  const market = filter.peek();
  try {
    const page = await rest.closedOrders({
      ...{ limit: pageRows, offset },
      ...(market === undefined ? {} : { market }),
    });
    if (own === round) read.value = joined(read.peek(), page, offset);
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    if (own === round)
      read.value = { ...read.peek(), isReading: false, trouble: error.fault.message };
  }
}

/** In the server's order. Rows that moved to the next page while it was read come twice, and are shown once. */
function joined(before: History, page: readonly ClosedOrder[], offset: number): History {
  const known = new Set(before.rows.map(({ id }) => id));
  const isFull = page.length === pageRows;
  const done = { isReading: false, trouble: undefined };
  // More has ended since the last look than a page holds: what was read before would stand behind a hole.
  const isBehind = offset === 0 && isFull && !page.some(({ id }) => known.has(id));
  if (isBehind) return { ...done, rows: page, isOver: false };
  const fresh = new Set(page.map(({ id }) => id));
  const rows =
    offset === 0
      ? [...page, ...before.rows.filter(({ id }) => !fresh.has(id))]
      : [...before.rows, ...page.filter(({ id }) => !known.has(id))];
  const wasOver = offset === 0 && before.isOver;
  return { ...done, rows, isOver: !isFull || wasOver || rows.length > offsetMax };
}

let isPlanned = false;

onAccountChange((change) => {
  const hasEnded = change.type === "order" ? change.end !== undefined : change.type === "synced";
  if (!hasEnded || watchers === 0) return;
  if (isPlanned) return;
  isPlanned = true;
  setTimeout(() => {
    isPlanned = false;
    void readPage(0);
  }, settleMs);
});

// Another user, or another market to show.
effect(() => {
  void account.value;
  void filter.value;
  round += 1;
  read.value = empty;
  if (watchers > 0) void readPage(0);
});
