/**
 * Recorded venues, played on this machine to the real ccxt, at recorded pace and faster, with all that goes
 * wrong with venues: what they traded is what is stored, and its bars are those of the file.
 */
import { describe, expect, it } from "vitest";
import { recordedDataFolder, recordedDataMissing } from "../support/recorded-data.ts";
import { until } from "../support/until.ts";
import { expectBars, expectTrades } from "../support/venues/equal.ts";
import { type Followed, follow } from "../support/venues/followed.ts";
import { type Venue, VenuePlayer } from "../support/venues/player.ts";
import { recordedVenues } from "../support/venues/table.ts";

interface Played {
  readonly venue: Venue;
  readonly player: VenuePlayer;
  readonly followed: Followed;
  readonly tickers: readonly string[];
}

/** Follows a venue while something is done with it. */
async function following(
  venue: Venue,
  staleSeconds: number,
  act: (played: Played) => Promise<void>,
): Promise<void> {
  const player = await VenuePlayer.open(venue);
  const tickers = [...new Set(venue.frames.flatMap(tickersOf))];
  const followed = await follow(player, venue.exchange, tickers, staleSeconds);
  try {
    await until(() => expect(player.topics.size).toBe(tickers.length));
    await until(() => expect(areLive(followed)).toBe(true));
    await act({ venue, player, followed, tickers });
  } finally {
    await followed.stop();
    await player.close();
  }
}

function areLive({ runner }: Followed): boolean {
  return runner.watched.every(({ state }) => state === "live");
}

function tickersOf({ trades }: Venue["frames"][number]): readonly string[] {
  return trades.map(({ ticker }) => ticker);
}

async function allStored({ followed, player, tickers }: Played, timeStepMs?: number) {
  for (const ticker of tickers) {
    await until(() => expectTrades(followed, player, ticker, timeStepMs));
  }
}

/** Tickers that have traded by then: there is something to join on. */
function playedBefore({ frames }: Venue, ms: number): ReadonlySet<string> {
  return new Set(frames.filter(({ afterMs }) => afterMs < ms).flatMap(tickersOf));
}

function quarterMs({ frames }: Venue): number {
  return (frames.at(-1)?.afterMs ?? 0) / 4 + 1;
}

/** A quarter of the recording before all that goes wrong, two while it does, and the last one in a burst. */
async function troubled({ venue, player, followed, tickers }: Played): Promise<void> {
  const part = (n: number) => {
    const ms = quarterMs(venue);
    return { fromMs: ms * (n - 1), toMs: ms * n, speed: 100 };
  };
  await player.play(part(1));
  const ids = new Set(venue.frames[0]?.trades.map(({ id }) => id));
  const again = player.traded.filter(({ id }) => ids.has(id));
  await until(async () => {
    for (const ticker of tickers) await expectTrades(followed, player, ticker);
  });
  if (venue.frames[0] !== undefined) player.repeat(venue.frames[0], again);
  const { counts } = followed.runner.figures.unused;
  await until(() => expect(counts.duplicate).toBe(again.length));

  player.garble();
  await player.play(part(2));
  player.isClosed = true;
  player.drop();
  const areLost = () => followed.runner.watched.every(({ failure }) => failure !== undefined);
  await until(() => expect(areLost()).toBe(true));
  await player.play(part(3));
  player.isClosed = false;
  await until(() => expect(player.topics.size).toBe(tickers.length));
  await player.play({ ...part(4), speed: 10_000 });
}

/** Recorded at this pace for so long, then many times as fast. */
const paceMs = 1_500;
const speed = 25;

const folder = recordedDataFolder();
const why = folder === undefined ? ` (${recordedDataMissing})` : "";

describe.skipIf(folder === undefined)(`recorded traffic of a venue${why}`, () => {
  it.concurrent.each(recordedVenues)(
    "$name: is stored digit by digit, and its bars are those of the file",
    async ({ open }) => {
      await following(open(folder ?? ""), 60, async (played) => {
        const { player, followed, tickers } = played;
        await player.play({ speed: 1, toMs: paceMs });
        await player.play({ speed, fromMs: paceMs });
        await allStored(played);
        for (const ticker of tickers) await expectBars(followed, player, ticker);
      });
    },
  );

  it.concurrent.each(recordedVenues)(
    "$name: repeats itself, sends garbage, hangs up and comes back with a backlog, and nothing is missing",
    async ({ open, pastStepMs }) => {
      await following(open(folder ?? ""), 60, async (played) => {
        await troubled(played);
        await allStored(played, pastStepMs);
        const { followed, player, venue } = played;
        for (const ticker of playedBefore(venue, quarterMs(venue))) {
          await expectBars(followed, player, ticker);
          expect(await followed.gaps(ticker)).toEqual([]);
        }
      });
    },
  );

  it.concurrent.each(recordedVenues)(
    "$name: says nothing more on a connection that stands, and is connected to anew",
    async ({ open, pastStepMs }) => {
      await following(open(folder ?? ""), 5, async (played) => {
        const { player, followed, tickers } = played;
        player.freeze();
        await player.play({ speed: 1_000 });
        await until(() => expect(player.topics.size).toBe(tickers.length));
        await until(() => expect(player.connections).toBeGreaterThan(1));
        await until(() => expect(areLive(followed)).toBe(true));
        await allStored(played, pastStepMs);
      });
    },
  );
});
