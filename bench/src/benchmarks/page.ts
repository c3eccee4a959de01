/**
 * The market page in a real browser: how soon it shows its first candle, how much script a frame costs while hundreds of updates a
 * second come, and whether its memory grows. The updates are put into the page's own stream, so that no server is measured with it.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { CDPSession, Page } from "playwright-core";
import { launchChromium, wholeChromiumPath } from "../../../test/e2e/support/chromium.ts";
import { buildPage } from "../../../test/support/built-page.ts";
import { type ServerProcess, startServerProcess } from "../../../test/support/server-process.ts";
import type { Benchmark, BenchmarkContext, Findings } from "../harness/benchmark.ts";
import { packageVersion } from "../harness/versions.ts";

const updatesPerSecond = 300;
const tickMs = 10;
const warmUpMs = 3_000;
const lookMs = 50;
/** Until it is said that no candle comes, in milliseconds. */
const firstMsMax = 60_000;
const mebibyte = 1_048_576;
const market = "BTC_USDT";

/** The registry's entry. */
export const page: Benchmark = {
  name: "page",
  summary:
    "the market page in a browser: its first candle, script of a frame at 300 updates/s, memory",
  run,
};

/** What a page has spent. */
interface Spent {
  readonly atMs: number;
  readonly scriptMs: number;
  readonly frames: number;
  readonly longestTaskMs: number;
  readonly longestScriptMs: number;
  readonly heapBytes: number;
}

/**
 * Runs in the page before its own scripts: notes frames, long tasks, the script within long frames, and the first candle. A frame that
 * is not reported as a long one took less than 50 ms in all.
 */
const watcher = `
  globalThis.seen = { frames: 0, longestTaskMs: 0, longestScriptMs: 0, firstCandleMs: undefined };
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) seen.longestTaskMs = Math.max(seen.longestTaskMs, duration);
  }).observe({ type: "longtask", buffered: true });
  new PerformanceObserver((list) => {
    for (const { scripts } of list.getEntries()) {
      const scriptMs = scripts.reduce((sum, { duration }) => sum + duration, 0);
      seen.longestScriptMs = Math.max(seen.longestScriptMs, scriptMs);
    }
  }).observe({ type: "long-animation-frame", buffered: true });
  const look = () => {
    seen.frames += 1;
    const drawn = Number(document.querySelector(".chart-canvas")?.dataset.candles ?? 0);
    if (drawn > 0) seen.firstCandleMs ??= performance.now();
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);

  // The newest stream of the page; what it is fed is heard as if the server had sent it.
  const Plain = WebSocket;
  globalThis.WebSocket = class extends Plain {
    constructor(...given) {
      super(...given);
      seen.stream = this;
    }
  };
  const hear = (method, data) => {
    const text = JSON.stringify({ id: 0, method, data });
    seen.stream.dispatchEvent(new MessageEvent("message", { data: text }));
  };
  // Two of three updates are trades, the others change a level far from the best prices.
  const update = (count) => {
    const timestamp = Math.floor(Date.now() / 1_000);
    if (count % 3 === 0) {
      const bids = [["1", "0." + (1 + (count % 9))]];
      const changed = { symbol: "${market}", timestamp, full_reload: false, scale_index: 0, bids, asks: [] };
      return hear("depth_update", changed);
    }
    const price = 107_000 + (count % 100) / 100;
    const direction = count % 2 === 0 ? "buy" : "sell";
    const trades = [{ price, quantity: 0.001, timestamp, direction }];
    hear("trade_update", { symbol: "${market}", trades });
  };
  globalThis.feed = { sent: 0 };
  feed.begin = () => {
    const beganMs = performance.now();
    feed.timer = setInterval(() => {
      const due = ((performance.now() - beganMs) / 1_000) * ${updatesPerSecond};
      for (; feed.sent < due; feed.sent += 1) update(feed.sent);
    }, ${tickMs});
  };
  feed.end = () => {
    clearInterval(feed.timer);
    return feed.sent;
  };
`;

async function run({ effort, note }: BenchmarkContext): Promise<Findings> {
  const measureMs = (effort.minutes ?? (effort.isQuick ? 0.1 : 0.5)) * 60_000;
  await using building = new AsyncDisposableStack();
  await buildPage();
  const server = await startServerProcess({});
  building.defer(async () => void (await server.stop()));
  const browser = await launchChromium(wholeChromiumPath);
  building.defer(() => browser.close());
  const firsts: number[] = [];
  for (let round = 0; round < effort.warmUps + effort.runs; round += 1) {
    note(`opening ${round + 1}`);
    const context = await browser.newContext({ viewport: { width: 1_440, height: 900 } });
    const opened = await context.newPage();
    firsts.push(await firstCandleMs(opened, server));
    await context.close();
  }
  const context = await browser.newContext({ viewport: { width: 1_440, height: 900 } });
  const opened = await context.newPage();
  const cdp = await context.newCDPSession(opened);
  await cdp.send("Performance.enable");
  await firstCandleMs(opened, server);
  await opened.evaluate("feed.begin()");
  await delay(warmUpMs);
  note(`${updatesPerSecond} updates a second for ${measureMs / 1_000} s`);
  const before = await spent(opened, cdp);
  await delay(measureMs);
  const after = await spent(opened, cdp);
  const sent: number = await opened.evaluate("feed.end()");
  return findings({ firsts: firsts.slice(effort.warmUps), before, after, measureMs, sent });
}

async function firstCandleMs(opened: Page, server: ServerProcess): Promise<number> {
  await opened.addInitScript(watcher);
  await opened.goto(`${server.http}/?market=${market}`);
  // The page forbids what waiting by the browser's tools would take.
  const beganMs = performance.now();
  while (performance.now() - beganMs < firstMsMax) {
    const firstMs: number | undefined = await opened.evaluate("seen.firstCandleMs");
    if (firstMs !== undefined) return firstMs;
    await delay(lookMs);
  }
  throw new Error(`the page shows no candle of ${market} within ${firstMsMax} ms`);
}

async function spent(opened: Page, cdp: CDPSession): Promise<Spent> {
  await cdp.send("HeapProfiler.collectGarbage");
  const { metrics } = await cdp.send("Performance.getMetrics");
  const of = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? 0;
  const seen: Pick<Spent, "frames" | "longestTaskMs" | "longestScriptMs"> = await opened.evaluate(
    "(() => { const now = { ...seen }; seen.longestTaskMs = seen.longestScriptMs = 0; return now; })()",
  );
  return {
    atMs: performance.now(),
    scriptMs: of("ScriptDuration") * 1_000,
    heapBytes: of("JSHeapUsedSize"),
    frames: seen.frames,
    longestTaskMs: seen.longestTaskMs,
    longestScriptMs: seen.longestScriptMs,
  };
}

function findings(found: {
  readonly firsts: readonly number[];
  readonly before: Spent;
  readonly after: Spent;
  readonly measureMs: number;
  readonly sent: number;
}): Findings {
  const { firsts, before, after, measureMs, sent } = found;
  const frames = after.frames - before.frames;
  const scriptOfFrameMs = (after.scriptMs - before.scriptMs) / Math.max(1, frames);
  const grownMiB = (after.heapBytes - before.heapBytes) / mebibyte;
  const worstFirstMs = Math.max(...firsts);
  return {
    method: [
      "A demo as everybody starts it, and Chromium without a graphics card, on one machine. Each opening is of a window that remembers nothing.",
      "Trades and changes of the book are made within the page and heard on its own stream, beside what the server sends; to make them counts as script of the page. Script is what the browser says it ran, divided by the frames in which it did; the most in one frame is 0 while no frame took 50 ms in all; memory is the heap after a collection.",
    ],
    parameters: { updatesPerSecond, measureMs, sent },
    packages: { "playwright-core": packageVersion("playwright-core") },
    comparisons: [],
    latencies: [],
    figures: [
      {
        what: "frames drawn",
        value: (frames * 1_000) / (after.atMs - before.atMs),
        unit: "a second",
      },
      { what: "first candle, the quickest opening", value: Math.min(...firsts), unit: "ms" },
      {
        what: "longest task, with style, layout and paint",
        value: after.longestTaskMs,
        unit: "ms",
      },
      { what: "heap after the warm-up", value: before.heapBytes / mebibyte, unit: "MiB" },
    ],
    aims: [
      {
        what: "first candle, the slowest opening",
        unit: "ms",
        atMost: 1_000,
        measured: worstFirstMs,
      },
      { what: "script of a frame", unit: "ms", atMost: 8, measured: scriptOfFrameMs },
      {
        what: "most script in one frame",
        unit: "ms",
        atMost: 50,
        measured: after.longestScriptMs,
      },
      { what: "growth of the heap", unit: "MiB", atMost: 5, measured: grownMiB },
    ],
    leavesOut: ["Drawing itself, which a graphics card does elsewhere."],
  };
}
