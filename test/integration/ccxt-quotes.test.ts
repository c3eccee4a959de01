/** The best prices of a venue's book, played to the real ccxt from a recording: a market of ours is as near as they are. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { recordedDataFolder, recordedDataMissing } from "../support/recorded-data.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { until } from "../support/until.ts";
import { bookPath, bookTopic, recordedBinanceBook } from "../support/venues/binance-book.ts";
import { VenuePlayer } from "../support/venues/player.ts";

const folder = recordedDataFolder();
const why = folder === undefined ? ` (${recordedDataMissing})` : "";

const mirror = {
  ...{ market: "BTC_USDT", dataset: "binance", ticker: "BTC/USDT" },
  ...{ tickSize: "0.01", lotSize: "0.00001", size: "0.05" },
};

async function serverOf({ settings }: VenuePlayer, data: string): Promise<ServerHere> {
  const feed = { kind: "ccxt", exchange: "binance", tickers: ["BTC/USDT"], quotes: true, settings };
  return await startServerHere({
    data,
    settings: {
      "exchange.participants.enabled": false,
      "exchange.mirrors": [mirror],
      datasets: [{ code: "binance", feed }],
    },
  });
}

/** Best prices of the market that everybody sees. */
async function touchOf({ http }: ServerHere): Promise<readonly number[]> {
  const reply = await fetch(`${http}/v1/exchange/market/order-book/BTC_USDT?level=0`);
  const { data } = (await reply.json()) as {
    data?: Record<"bids" | "asks", readonly { price: string }[]>;
  };
  return [Number(data?.bids[0]?.price), Number(data?.asks[0]?.price)];
}

describe.skipIf(folder === undefined)(`quotes of Binance, 2024-08-08${why}`, () => {
  it("arrive without a trade, one after another, and again after the venue hung up", async () => {
    const venue = recordedBinanceBook(folder ?? "", 30_000);
    const player = await VenuePlayer.open(venue);
    const data = mkdtempSync(join(tmpdir(), "openbourse-quotes-"));
    const here = await serverOf(player, data);
    const isWatched = (times: number) => () => {
      expect(player.topics).toContain(bookTopic);
      const asked = player.asked.filter((path) => path === bookPath).length;
      expect(asked).toBeGreaterThanOrEqual(times);
    };
    const seen = new Set<string>();
    const follows = async () => {
      await until(async () => expect(await touchOf(here)).toEqual(venue.touch()));
      seen.add(venue.touch().join());
    };
    try {
      await until(isWatched(1));
      await follows();
      const part = Math.ceil(venue.frames.length / 6);
      for (let at = 0; at < 6 * part; at += part) {
        if (at === 3 * part) player.drop();
        for (const frame of venue.frames.slice(at, at + part)) player.tell(frame);
        if (at === 3 * part) await until(isWatched(2));
        await follows();
      }
      expect(seen.size).toBeGreaterThan(3);
      expect(player.traded).toEqual([]);
    } finally {
      await here.server.stop();
      await player.close();
      rmSync(data, { recursive: true, force: true });
    }
  });
});
