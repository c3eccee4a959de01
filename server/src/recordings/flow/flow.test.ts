/** Recorded order flow of three kinds as one stream of events, and what of it cannot be used. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { FlowEnd, FlowEvent } from "../../ports/order-flow.ts";
import { type FlowSource, noCounts, readFlow } from "./flow.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-flow-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function file(...lines: readonly string[]): string {
  files += 1;
  const path = join(folder, `${files}.txt`);
  writeFileSync(path, lines.map((line) => `${line}\n`).join(""));
  return path;
}

async function readAll(source: FlowSource) {
  const counts = noCounts();
  const events: FlowEvent[] = [];
  const batches = readFlow(source, counts);
  let end: FlowEnd | undefined;
  while (end === undefined) {
    const next = await batches.next();
    if (next.done === true) end = next.value;
    else events.push(...next.value);
  }
  return { counts, events, end };
}

/** A short line for each event. */
const words = (events: readonly FlowEvent[]) =>
  events.map((event) => {
    const at = event.atUs;
    if (!("price" in event)) {
      if (!("bids" in event)) return `${at} ${event.kind}`;
      const side = (levels: typeof event.bids) =>
        levels.map(({ price, quantity }) => `${number(quantity)}@${number(price)}`).join("+");
      return `${at} ${event.kind} ${side(event.bids)} / ${side(event.asks)}`;
    }
    const id = "id" in event ? ` ${event.id}` : "";
    return `${at} ${event.kind}${id} ${event.side} ${number(event.quantity)}@${number(event.price)}`;
  });
const number = ({ coefficient, scale }: { coefficient: number; scale: number }) =>
  `${coefficient}e-${scale}`;

describe("LOBSTER", () => {
  const midnightUs = 1_000_000_000_000;

  it("tells orders, cancels, executions of what was seen and not, halts, and leaves auctions out", async () => {
    const path = file(
      "34200.004241176,1,16113575,18,5853300,1",
      "34200.1,2,16113575,3,5853300,1",
      "34200.2,4,16113575,5,5853300,1",
      "34200.3,5,0,100,5853500,-1",
      "34200.4,6,-1,4000,5853500,1",
      "34200.5,7,0,0,-1,-1",
      "34200.6,7,0,0,1,-1",
      "34200.7,3,16113575,10,5853300,1",
      "34200.7,9,16113575,10,5853300,1",
      "nonsense",
    );
    const { events, counts, end } = await readAll({ format: "lobster", files: [path], midnightUs });
    expect(words(events)).toEqual([
      "1034200004241 new 16113575 buy 18e-0@58533e-2",
      "1034200100000 reduced 16113575 buy 3e-0@58533e-2",
      "1034200200000 executed 16113575 buy 5e-0@58533e-2",
      "1034200300000 hidden sell 100e-0@58535e-2",
      "1034200500000 halted",
      "1034200600000 resumed",
      "1034200700000 cancelled 16113575 buy 10e-0@58533e-2",
    ]);
    expect(end).toEqual({ kind: "finished" });
    expect(counts).toMatchObject({ lines: 10, malformed: 2, skipped: 1, place: `${path}:9` });
  });

  it("begins with what rested before the first message, where a file has the book after it", async () => {
    const book = file(
      "34200.0,1,7,18,5853300,1,5859400,200,5853300,20,5859800,100,5853000,150,9999999999,0,-9999999999,0",
    );
    const { events } = await readAll({
      ...{
        format: "lobster",
        files: [file("34200.0,1,7,18,5853300,1")],
        midnightUs,
        bookFile: book,
      },
    });
    expect(words(events)).toEqual([
      "1034200000000 snapshot 2e-0@58533e-2+150e-0@5853e-1 / 200e-0@58594e-2+100e-0@58598e-2",
      "1034200000000 new 7 buy 18e-0@58533e-2",
    ]);
  });

  it("says of a file without a book what would be one", async () => {
    const bookFile = file("34200.0,1,7,18,5853300,1");
    const { end } = await readAll({ format: "lobster", files: [bookFile], midnightUs, bookFile });
    expect(end).toMatchObject({ kind: "failed", reason: expect.stringContaining("no book") });
  });
});

describe("Bitstamp", () => {
  it("tells orders and what is left of them, and one book", async () => {
    const json = (id: number, amount: string, side: number) =>
      `{"price": "236.47", "amount": "${amount}", "datetime": "1430438404", "id": ${id}, "order_type": ${side}}`;
    const path = file(
      `1430438404518 order_created ${json(1, "2.00000000", 0)}`,
      '1430438404600 order_book {"bids": [["236.47", "2.5"]], "asks": [["237", "1"]]}',
      `1430438404635 order_changed ${json(1, "1.78855669", 0)}`,
      `1430438404637 order_deleted ${json(2, "0.00000000", 1)}`,
      '1430438404645 trade {"price": 236.47, "amount": 0.21144331, "id": 8111041}',
      '1430438404700 order_book {"bids": [], "asks": []}',
      `1430438404100 order_deleted ${json(1, "1.78855669", 0)}`,
      `1430438404800 order_created ${json(3, "1", 7)}`,
    );
    const { events, counts } = await readAll({ format: "bitstamp", files: [path] });
    expect(words(events)).toEqual([
      "1430438404518000 new 1 buy 2e-0@23647e-2",
      "1430438404600000 snapshot 25e-1@23647e-2 / 1e-0@237e-0",
      "1430438404635000 changed 1 buy 178855669e-8@23647e-2",
      "1430438404637000 cancelled 2 sell 0e-0@23647e-2",
      // A time that goes back is played at that of the line before it.
      "1430438404637000 cancelled 1 buy 178855669e-8@23647e-2",
    ]);
    expect(counts).toMatchObject({ malformed: 1, skipped: 2, late: 1 });
  });
});

describe("Binance", () => {
  const update = (E: number, U: number, u: number, b: unknown = [], a: unknown = []) =>
    JSON.stringify({ e: "depthUpdate", E, U, u, b, a });

  it("begins with the snapshot, leaves out what that contains, and counts what is missing", async () => {
    const path = file(
      '{"lastUpdateId":10,"bids":[["1.5","2"]],"asks":[["1.6","3"]]}',
      update(1_000, 5, 9, [["1.5", "9"]]),
      update(2_000, 9, 12, [["1.5", "0"]]),
      update(3_000, 15, 16, [], [["1.7", "4"]]),
      '1700000000000000000 {"stream":"x@bookTicker","data":{"u":1,"b":"1"}}',
      '1700000000000000000 {"stream":"x@trade","data":{"e":"trade","E":1,"T":3100,"p":"1.70","q":"0.5","m":false,"X":"MARKET"}}',
    );
    const { events, counts } = await readAll({ format: "binance", files: [path] });
    expect(words(events)).toEqual([
      "2000000 snapshot 2e-0@15e-1 / 3e-0@16e-1",
      "2000000 levels 0e-0@15e-1 / ",
      "3000000 levels  / 4e-0@17e-1",
      "3100000 traded buy 5e-1@17e-1",
    ]);
    expect(counts).toMatchObject({ malformed: 0, skipped: 2, gaps: 1 });
  });

  it("merges a file of trades by time, before the depth of the same moment", async () => {
    const depth = file(
      '{"lastUpdateId":10,"bids":[["1.5","2"]],"asks":[]}',
      update(1_000, 11, 12, [["1.5", "1"]]),
      update(2_000, 13, 13, [["1.5", "5"]]),
    );
    const trades = file(
      "agg_id,price,qty,first_trade_id,last_trade_id,time_ms,is_buyer_maker",
      "1,1.5,0.5,1,1,2000,1",
      "2,1.5,0.25,2,2,2500,0",
    );
    const { events } = await readAll({ format: "binance", files: [depth], tradeFiles: [trades] });
    expect(words(events).map((line) => line.slice(0, 20))).toEqual([
      "1000000 snapshot 2e-",
      "1000000 levels 1e-0@",
      "2000000 traded sell ",
      "2000000 levels 5e-0@",
      "2500000 traded buy 2",
    ]);
  });
});

it("a file that is not there fails, and says so", async () => {
  const { end } = await readAll({ format: "bitstamp", files: [join(folder, "none")] });
  expect(end).toMatchObject({ kind: "failed", reason: expect.stringContaining("no such file") });
});
