/** Plays the transcripts of REST against the routes: what is answered must be there byte for byte. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseDecimal } from "../../core/num/decimal.ts";
import type { StoredBar } from "../../marketdata/bars/bar.ts";
import { restHouse, wholeText } from "./rest-house.fixture.ts";

/** A line: its first key, and the JSON text of that key's value. */
interface Line {
  readonly verb: string;
  readonly text: string;
  readonly value: Record<string, string>;
  readonly place: string;
}

const folder = new URL("./golden/rest/", import.meta.url);

function readTranscript(name: string): readonly Line[] {
  const lines = readFileSync(new URL(name, folder), "utf8").trimEnd().split("\n");
  return lines.map((line, index) => {
    const [, verb = "", text = ""] = /^\{"([a-z0-9]+)":(.*)\}$/.exec(line) ?? [];
    const value = JSON.parse(line)[verb];
    return { verb, text, value, place: `${name}:${index + 1}` };
  });
}

/** A number as it is stored, with six decimals. */
function stored(text: string | undefined): number | undefined {
  const decimal = text === undefined ? undefined : parseDecimal(text);
  if (typeof decimal !== "object") return undefined;
  return decimal.coefficient * 10 ** (6 - decimal.scale);
}

function barOf(value: Record<string, string | undefined>): StoredBar {
  const startUs = Number(value["t"]) * 1_000_000;
  const figure = (name: string) => stored(value[name]) ?? Number.NaN;
  const product = (name: string) => {
    const half = stored(value[name]);
    return half === undefined ? undefined : BigInt(half) * 1_000_000n;
  };
  return {
    ...{ startUs, priceScale: 6, volumeScale: 6, revision: 0 },
    ...{ open: figure("o"), high: figure("h"), low: figure("l"), close: figure("c") },
    ...{ volume: figure("v"), quoteVolume: product("qv") },
    ...{ takerBuyVolume: stored(value["tbv"]), takerBuyQuoteVolume: product("tqv") },
    tradeCount: value["tr"] === undefined ? undefined : Number(value["tr"]),
    ...{ firstUs: startUs, lastUs: startUs },
  };
}

async function play(lines: readonly Line[]): Promise<void> {
  const limits = lines.find(({ verb }) => verb === "limits")?.value ?? {};
  const house = restHouse({ limits });
  for (const [index, { verb, value, text, place }] of lines.entries()) {
    const { dataset = "", ticker = "" } = value;
    if (verb === "dataset") {
      const { code = "", name = "", publisher = "" } = value;
      house.catalog.addDataset({ code, name, publisher });
      for (const listed of value["tickers"] ?? "") house.catalog.ensureInstrument(code, listed);
    } else if (verb === "bar") {
      await house.feed({ dataset, bars: [{ ticker, bar: barOf(value) }] });
    } else if (verb === "trade") {
      const [price = 0, quantity = 0] = [stored(value["p"]), stored(value["s"])];
      const event = { eventTimeUs: Number(value["ms"]) * 1_000, aggressor: "buy" as const };
      const scales = { priceScale: 6, quantityScale: 6 };
      const trade = { ticker, venue: dataset, id: 1, price, quantity, ...scales, ...event };
      await house.feed({ dataset, trades: [trade] });
    } else if (verb === "get") {
      const reply = await house.call(JSON.parse(text));
      const expected = lines[index + 1];
      expect(`${reply.status} ${wholeText(reply)}`, place).toBe(
        `${expected?.verb} ${expected?.text}`,
      );
    } else {
      expect(verb, place).toMatch(/^(?:about|limits|documented|\d{3})$/);
    }
  }
}

describe("the golden transcripts of REST", () => {
  it.each(readdirSync(folder))("%s holds, byte for byte", async (name) => {
    await play(readTranscript(name));
  });
});
