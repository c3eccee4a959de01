/** REST with a good key and a history to read, called as the HTTP adapter calls it. */
import { expect } from "vitest";
import type { Limits } from "../../access/grant.ts";
import { ownCounts } from "../../access/own-counts.ts";
import type { Bar } from "../../marketdata/bars/bar.ts";
import type { DatasetReader } from "../../ports/dataset-reader.ts";
import type { DatasetBatch } from "../../ports/dataset-store.ts";
import type { RestReply, RestRoute } from "../../ports/rest.ts";
import { MemoryDatasetStore } from "../../testing/memory-dataset-store.ts";
import { exampleCatalog, exampleGrant } from "./conversation.fixture.ts";
import { finazonNotFound, finazonRoutes } from "./rest.ts";
import { Usage } from "./usage.ts";

/** When the tests take place: 2023-11-14 22:13:20 UTC. */
export const nowMs = 1_700_000_000_000;

/** How a house differs from the usual one. */
export interface HouseOptions {
  readonly limits?: Limits;
  readonly firstPage?: 0 | 1;
  readonly history?: DatasetReader;
  /** Gets the tasks that are to be run later. */
  readonly after?: (delayMs: number, task: () => void) => void;
  readonly isGone?: () => boolean;
}

/** The routes over a history in memory; whoever asks is let in. */
export function restHouse({ limits, firstPage = 0, history, after, isGone }: HouseOptions = {}) {
  const store = new MemoryDatasetStore();
  const catalog = exampleCatalog();
  const grant = exampleGrant(limits);
  const routes = finazonRoutes({
    catalog,
    history: history ?? store,
    doorkeeper: { authenticate: () => grant, admit: () => "missing-key" },
    firstPage,
    usage: new Usage(ownCounts.quota("usage")),
    latenessUs: 10_000_000,
    marketUs: () => nowMs * 1_000,
    after(delayMs, task) {
      after?.(delayMs, task);
      return () => {};
    },
    madeMs: () => 1_692_098_753_000,
  });
  let sequence = 0;

  async function call(target: string, headers: Readonly<Record<string, string>> = {}) {
    const url = new URL(target, "http://test.invalid");
    const match = findRoute(routes, url.pathname);
    if (match === undefined) return finazonNotFound(url.pathname);
    const request = {
      method: "GET",
      path: url.pathname,
      target,
      params: match.params,
      query: Object.fromEntries(url.searchParams),
      header: (name: string) => headers[name.toLowerCase()],
      body: "",
      ...(isGone === undefined ? {} : { isGone }),
    };
    return await match.route.handle(request, nowMs);
  }
  return {
    call,
    catalog,
    routes,
    store,
    /** The text of a success. */
    async text(target: string): Promise<string> {
      const reply: RestReply = await call(target);
      expect(reply.status, reply.body).toBe(200);
      return wholeText(reply);
    },
    /** Status, code and message of a refusal. */
    async refusal(target: string): Promise<readonly [number, string, string]> {
      const { status, body } = await call(target);
      const { error } = JSON.parse(body);
      expect(error.status).toBe(status);
      return [status, error.code, error.message];
    },
    /** Stores what a feed has said. */
    async feed(batch: Partial<DatasetBatch>): Promise<void> {
      sequence += 1;
      const position = { epoch: "e", sequence, timeUs: nowMs * 1_000 };
      const nothing = { trades: [], bars: [], known: [], gaps: [] };
      await store.put({ dataset: "huobi", position, ...nothing, ...batch });
    },
  };
}

/** The text of a reply, all pieces together. */
export function wholeText({ body, rest = [] }: RestReply): string {
  return [body, ...rest].join("");
}

/** A bar of one minute that begins so many seconds after 1970; prices have two decimals, the volume three. */
export function minuteBar(startS: number, changes: Partial<Bar> = {}): Bar {
  const startUs = startS * 1_000_000;
  return {
    startUs,
    ...{ priceScale: 2, open: 22_006, high: 22_013, low: 21_992, close: 21_996 },
    ...{ volumeScale: 3, volume: 4_572_000, quoteVolume: 100_566_000_000 },
    ...{ takerBuyVolume: 1_500, takerBuyQuoteVolume: 33_009_000, tradeCount: 12 },
    ...{ firstUs: startUs, lastUs: startUs + 59_000_000, revision: 0 },
    ...changes,
  };
}

/** Like the HTTP adapter's router: a fixed part of a path goes before a named one. */
export function findRoute(routes: readonly RestRoute[], path: string) {
  const parts = path.split("/");
  const matches = routes
    .map((route) => ({ route, pattern: route.path.split("/") }))
    .filter(
      ({ pattern }) =>
        pattern.length === parts.length &&
        pattern.every((part, index) => part.startsWith(":") || part === parts[index]),
    )
    .sort((a, b) => named(a.pattern) - named(b.pattern));
  const best = matches[0];
  if (best === undefined) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of best.pattern.entries()) {
    if (part.startsWith(":")) params[part.slice(1)] = decodeURIComponent(parts[index] ?? "");
  }
  return { route: best.route, params };
}

function named(pattern: readonly string[]): number {
  return pattern.filter((part) => part.startsWith(":")).length;
}
