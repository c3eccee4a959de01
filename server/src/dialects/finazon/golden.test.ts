import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseDecimal, rescale } from "../../core/num/decimal.ts";
import type { BarUpdate, PublishPeriodS } from "../../marketdata/bar-update.ts";
import { topicKey } from "../../marketdata/topic.ts";
import { Conversation, type ConversationOptions, exampleCatalog } from "./conversation.fixture.ts";
import { decodeRequest } from "./decode.ts";

/** The samples of finazon-websocket.en.txt under their headings, as they are printed there. */
const referenceSamples: Readonly<Record<string, string>> = {
  "Subscribe / Event": `{
  "event": "subscribe",
  "dataset": "huobi",
  "tickers": [ "BTC/USDT", "AI/USDT" ],
  "channel": "bars",
  "frequency": "1s",
  "aggregation": "1m",
  "request_id": 106
}`,
  "Subscribe / Subscribe success": `{
  "status": "success",
  "code": "SUCCESS_SUBSCRIPTION",
  "data": [ "BTC/USDT", "AI/USDT" ],
  "request_id": 106
}`,
  "Subscribe / Candle update": `{
  "d": "huobi",
  "p": "huobi",
  "ch": "bars",
  "f": "1s",
  "aggr":" 1m",
  "s": "BTC/USDT",
  "t": 1699540020,
  "o": 220.06,
  "h": 220.13,
  "l": 219.92,
  "c": 219.96,
  "v": 4572
}`,
  "Unsubscribe / Event": `{
  "event": "unsubscribe",
  "dataset": "huobi",
  "tickers": [ "BTC/USDT" ],
  "channel": "bars",
  "frequency": "1s",
  "aggregation": "1m",
  "request_id": 107
}`,
  "Unsubscribe / Unsubscribe success": `{
  "status": "success",
  "code": "SUCCESS_UNSUBSCRIPTION",
  "data": [ "BTC/USDT" ],
  "request_id": 107
}`,
  "Heartbeat / Event": `{
  "event": "heartbeat",
  "request_id": 108
}`,
  "Heartbeat / Heartbeat success": `{
  "event": "heartbeat",
  "status": "success",
  "request_id": 108
}`,
  "Reset / Event": `{
  "event": "reset",
  "request_id": 109
}`,
  "Reset / Reset success": `{
  "event": "reset",
  "status": "success",
  "request_id": 109
}`,
};

/** The verbs of a transcript; README.md says what each means. */
const verbs = [
  "about",
  "source",
  "setup",
  "at",
  "send",
  "sendText",
  "inject",
  "bar",
  "documented",
  "receive",
  "close",
] as const;

/** One line: the first key says what it is, `text` is its value exactly as it is written. */
interface Line {
  readonly verb: (typeof verbs)[number];
  readonly value: unknown;
  readonly text: string;
  /** For messages about a failure: `file:line`. */
  readonly place: string;
}

const folder = new URL("./golden/", import.meta.url);
const transcripts = new Map<string, readonly Line[]>(
  readdirSync(folder)
    .filter((name) => name.endsWith(".jsonl"))
    .map((name) => [name, readTranscript(name)]),
);

function readTranscript(name: string): readonly Line[] {
  const lines = readFileSync(new URL(name, folder), "utf8").trimEnd().split("\n");
  return lines.map((line, index) => {
    const place = `${name}:${index + 1}`;
    const content: Record<string, unknown> = JSON.parse(line);
    const verb = verbs.find((candidate) => line.startsWith(`{"${candidate}":`));
    if (verb === undefined) throw new Error(`${place}: no such verb`);
    const text = line.slice(`{"${verb}":`.length, -1);
    return { verb, value: content[verb], text, place };
  });
}

/** A bar as a transcript gives it, with decimals as texts. */
interface GoldenBar {
  readonly dataset: string;
  readonly ticker: string;
  readonly periodS: PublishPeriodS;
  readonly startS: number;
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
}

const goldenScale = 8;

function coefficient(text: string): number {
  const parsed = parseDecimal(text);
  if (typeof parsed === "string") throw new Error(`${text}: ${parsed}`);
  return rescale(parsed.coefficient, parsed.scale, goldenScale) ?? Number.NaN;
}

/** Plays one transcript line by line. What the client is sent waits here until a line expects it. */
class Player {
  readonly #catalog = exampleCatalog();
  readonly #client: Conversation;
  readonly #startMs: number;
  #unexpected: string[] = [];
  #isCloseExpected = false;

  constructor(setup: ConversationOptions) {
    this.#client = new Conversation({ ...setup, catalog: this.#catalog });
    this.#startMs = this.#client.nowMs;
  }

  play({ verb, value, text, place }: Line): void {
    if (verb === "receive") {
      expect(this.#unexpected.shift(), place).toBe(text);
      return;
    }
    if (verb === "about" || verb === "source" || verb === "documented" || verb === "setup") return;
    this.#expectSilence(place);
    switch (verb) {
      case "at":
        this.#client.nowMs = this.#startMs + Math.round((value as number) * 1_000);
        break;
      case "send":
        this.#unexpected = [...this.#client.send(text)];
        break;
      case "sendText":
        this.#unexpected = [...this.#client.send(value as string)];
        break;
      case "inject":
        this.#unexpected = [...this.#client.input({ kind: value as "revoked" | "evicted" })];
        break;
      case "bar":
        this.#unexpected = this.#publish(value as GoldenBar);
        break;
      case "close":
        expect(this.#client.closed, place).toEqual(value);
        this.#isCloseExpected = true;
        break;
    }
  }

  #expectSilence(place: string): void {
    expect(this.#unexpected, `nothing else is sent before ${place}`).toEqual([]);
  }

  finish(name: string): void {
    this.#expectSilence(`the end of ${name}`);
    expect(this.#client.closed !== undefined, `${name} ends closed`).toBe(this.#isCloseExpected);
  }

  #publish({ dataset, ticker, periodS, startS, volume, ...prices }: GoldenBar): string[] {
    const instrument = this.#catalog.instrument(dataset, ticker);
    if (instrument === undefined) throw new Error(`there is no ${ticker} in ${dataset}`);
    const bar: BarUpdate = {
      dataset,
      publisher: instrument.dataset.publisher,
      ticker,
      startUs: startS * 1_000_000,
      priceScale: goldenScale,
      open: coefficient(prices.open),
      high: coefficient(prices.high),
      low: coefficient(prices.low),
      close: coefficient(prices.close),
      volume: coefficient(volume),
      volumeScale: goldenScale,
      quoteVolume: 0,
      takerBuyVolume: 0,
      takerBuyQuoteVolume: 0,
      tradeCount: 1,
      firstUs: startS * 1_000_000,
      lastUs: startS * 1_000_000,
      state: "open",
      revision: 0,
    };
    const key = topicKey({ kind: "bars", dataset, ticker, periodS });
    return this.#client.streams
      .filter(({ topic }) => topicKey(topic) === key)
      .map(({ topic, encoding }) => encoding.encode(topic, bar));
  }
}

describe("the golden transcripts", () => {
  it.each([...transcripts])("%s holds, byte for byte", (name, lines) => {
    const setup = lines.find(({ verb }) => verb === "setup")?.value ?? {};
    const player = new Player(setup as ConversationOptions);

    for (const line of lines) player.play(line);
    player.finish(name);
  });

  it("say which decision changed a documented byte, and what is sent instead", () => {
    for (const lines of transcripts.values()) {
      for (const [index, line] of lines.entries()) {
        if (line.verb !== "documented") continue;
        expect(line.text, line.place).toMatch(/,"decision":"D-F\d+: .+"$/);
        expect(lines[index + 1]?.verb, line.place).toBe("receive");
      }
    }
  });
});

describe("the samples of the reference", () => {
  it.each(Object.entries(referenceSamples))("%s is a line of a transcript", (heading, sample) => {
    const compact = JSON.stringify(JSON.parse(sample));
    const sourced = [...transcripts.values()].flatMap((lines) =>
      lines.filter(
        (_, index) => lines[index - 1]?.value === `finazon-websocket.en.txt: ${heading}`,
      ),
    );

    expect(sourced).not.toEqual([]);
    for (const { verb, value, place } of sourced) {
      expect(["send", "receive", "documented"], place).toContain(verb);
      expect(JSON.stringify(value), place).toBe(compact);
    }
  });

  it("are understood as they are printed, over several lines", () => {
    const requests = Object.entries(referenceSamples).filter(([heading]) =>
      heading.endsWith("/ Event"),
    );

    expect(requests).toHaveLength(4);
    for (const [, sample] of requests) {
      const compact = JSON.stringify(JSON.parse(sample));
      expect(decodeRequest(sample)).toEqual(decodeRequest(compact));
      expect(decodeRequest(sample).kind).not.toBe("fault");
    }
  });
});
