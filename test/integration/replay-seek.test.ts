/**
 * Long recordings that are moved about in: what lies before a moment is passed over and not folded again, and nobody can tell
 * by what is published, counted or stored.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { formatDecimal } from "../../server/src/core/num/decimal.ts";
import { currentBars } from "../../server/src/dialects/finazon/encode.ts";
import type { StoredBar } from "../../server/src/marketdata/bars/bar.ts";
import { minuteInterval } from "../../server/src/marketdata/bars/interval.ts";
import type { ReplayAction } from "../../server/src/ports/replay.ts";
import { storedRows } from "../../server/src/recordings/stored-rows.ts";
import { Random } from "../../server/src/simulation/random.ts";
import { MemoryDatasetStore } from "../../server/src/testing/memory-dataset-store.ts";
import { Theatre, type Told, textOf } from "../support/theatre.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-replay-seek-"));
afterAll(() => rmSync(folder, { recursive: true }));
const seed = Number(process.env["OPENBOURSE_TEST_SEED"] ?? Date.now() % 1_000_000);
const startUs = Date.UTC(2024, 7, 8, 10) * 1_000;
const second = 1_000_000;
const rowsOfFile = 12_000;
const lengthS = 900;
const at = (seconds: number) => startUs + Math.round(seconds * second);

/**
 * Trades of three tickers with quiet times, ids that come twice, prices of more and less decimals, and rows a little out
 * of order.
 */
function rowsOf(random: Random): string {
  const rows: string[] = [];
  let seconds = random.below(100);
  for (let id = 1; rows.length < rowsOfFile; id += 1) {
    const isQuiet = random.below(3_000) === 0;
    seconds += isQuiet
      ? random.below(150)
      : (random.below(1_000) / 1_000) * ((2 * lengthS) / rowsOfFile);
    const late = random.below(50) === 0 ? random.below(3) : 0;
    const price = `${100 + random.below(40)}.${random.below(10 ** (1 + random.below(3)))}`;
    const ticker = ["A/B", "C/B", "D/B"][random.below(50) === 0 ? 2 : random.below(2)];
    const row = `${id},${at(seconds - late)},${price},${1 + random.below(9)}e-${random.below(3)},${ticker}\n`;
    rows.push(row);
    if (random.below(100) === 0) rows.push(row);
  }
  return `id,time,price,quantity,symbol\n${rows.join("")}`;
}

function filesOf(random: Random): Readonly<Record<string, string>> {
  const [one, two] = [join(folder, "one.csv.gz"), join(folder, "two.csv")];
  writeFileSync(one, gzipSync(rowsOf(random)));
  writeFileSync(two, rowsOf(random));
  return { one, two };
}

let theatre: Theatre;
afterEach(() => theatre.stop());

async function open(files: Readonly<Record<string, string>>, store?: MemoryDatasetStore) {
  theatre = new Theatre(files, { settings: { ticker: undefined }, store });
  await theatre.controls[0]!.act({ kind: "pause" });
  theatre.start();
  await theatre.until(() => theatre.controls[0]!.status().state !== "waiting");
  await theatre.until(() => theatre.controls[0]!.status().marketUs !== undefined);
  return theatre;
}

/** What clients are sent of a bar, and what is counted of it. */
const tellingOf = ({ bar, periodS, dataset }: Told) => {
  const topic = { kind: "bars", dataset, ticker: bar.ticker, periodS } as const;
  return `${currentBars.encode(topic, bar)} ${periodS} ${bar.tradeCount} ${bar.state} ${bar.revision}`;
};

function anyAction(random: Random): ReplayAction {
  const step = (["trade", "second", "bar"] as const)[random.below(3)]!;
  const actions: readonly ReplayAction[] = [
    { kind: "pause" },
    { kind: "resume" },
    { kind: "step", step },
    { kind: "speed", speed: 1 + random.below(200) },
  ];
  return actions[random.below(8)] ?? { kind: "seek", toUs: at(random.below(lengthS + 200) - 50) };
}

/** Moves about, and comes to a moment where it stands still; answers that. */
async function wander(random: Random, moves: number): Promise<number> {
  for (let move = 0; move < moves; move += 1) {
    await theatre.controls[0]!.act(anyAction(random));
    if (random.below(2) === 0) await theatre.pass(1 + random.below(2));
  }
  await theatre.act({ kind: "pause" });
  const { marketUs = 0 } = await theatre.act({ kind: "seek", toUs: at(random.below(lengthS)) });
  return marketUs;
}

const isOf = (dataset: string) => (told: Told) => told.dataset === dataset;

/** All that is stored of both datasets. */
async function stored(store: MemoryDatasetStore) {
  const of = { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER, tickers: ["A/B", "C/B", "D/B"] };
  const found: string[] = [];
  for (const dataset of ["one", "two"]) {
    for (const interval of [undefined, minuteInterval]) {
      for await (const page of storedRows(store, { ...of, dataset, interval })) {
        if (page.kind === "trades") found.push(...page.trades.map(textOf));
        if (page.kind === "bars") found.push(...page.bars.map(figuresOf));
      }
    }
  }
  return found;
}

/** A bar without the number of decimals in which its figures are told. */
const figuresOf = ({ startUs: of, tradeCount, revision, open: price, priceScale }: StoredBar) =>
  `${of} ${tradeCount} ${revision} ${formatDecimal(price, priceScale)}`;

describe(`moving about in long recordings (seed ${seed})`, () => {
  it.each([
    ["that are stored", [new MemoryDatasetStore(), new MemoryDatasetStore()]],
    ["that are not stored", []],
  ] as const)("ends in the state of playing to there, with datasets %s", async (how, stores) => {
    const random = new Random(seed, how);
    const files = filesOf(random);
    await open(files, stores[0]);
    await theatre.playOut();
    const { told: played, runners } = theatre;
    expect(runners.every(({ figures }) => figures.verdicts.taken > rowsOfFile / 2)).toBe(true);
    await theatre.stop();

    await open(files, stores[1]);
    const heldUs = await wander(random, 16);
    theatre.told.length = 0;
    await theatre.playOut();
    await theatre.stop();
    for (const dataset of ["one", "two"]) {
      const [own, all] = [theatre.told, played].map((told) => told.filter(isOf(dataset)));
      const context = `${dataset} at ${(heldUs - startUs) / second}`;
      expect(own!.map(tellingOf), context).toEqual(
        all!.slice(all!.length - own!.length).map(tellingOf),
      );
      // Nothing behind the moment is missing.
      const rest = all!.filter(({ bar }) => bar.startUs > heldUs);
      expect(own!.length, context).toBeGreaterThanOrEqual(rest.length);
    }
    const found = await Promise.all(stores.map(stored));
    expect(found[1]).toEqual(found[0]);
    expect(stores.length === 0 || found[0]!.length > rowsOfFile).toBe(true);
  });

  it("folds again what may still change at the moment, and nothing that is older", async () => {
    await open(filesOf(new Random(seed, "few")));
    await theatre.playOut();
    const [{ figures }] = theatre.runners as [(typeof theatre.runners)[number]];
    await theatre.act({ kind: "pause" });
    for (const share of [0.95, 0.5, 0.9]) {
      const before = figures.counts.trades;
      await theatre.act({ kind: "seek", toUs: at(lengthS * share) });
      // Four minutes and a half of more than fifteen.
      expect(figures.counts.trades - before).toBeLessThan(rowsOfFile / 2);
    }
    expect(textOf(figures.unused.words)).not.toContain("late");
  });
});
