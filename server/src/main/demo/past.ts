/**
 * The past that a demo begins with, so that whoever opens it sees charts and figures of a day. It is made
 * once, when there is no exchange yet: beside the place where the exchange is going to be, and put there
 * when it is whole. What keeps it from being made keeps nothing else.
 */
import { mkdtempSync, readdirSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { syncPath } from "../../adapters/files/private-file.ts";
import { defaultMarkets } from "../../agents/default-markets.ts";
import { participantsPast } from "../../agents/past.ts";
import { type DataFolder, holdsExchange } from "../../config/data-folder.ts";
import { wordsOf } from "../../core/words-of.ts";
import { liveThrough } from "../../engine/past.ts";
import type { Log } from "../../ports/log.ts";
import { StartError } from "../../ports/start-error.ts";
import type { Site } from "../site.ts";
import { StartCancelled } from "../start/start.ts";
import { engineStores } from "../stores/engine-stores.ts";

const hourUs = 3_600_000_000;

/** How the folders begin in which a past is made. */
const unfinished = "past-";

/** Makes the past of a demo that begins now; resolves with whether there is one. */
export async function makePast(
  { config, demo, log, start, times }: Site,
  folder: DataFolder,
  progress: (share: number) => void,
): Promise<boolean> {
  const { pastHours } = config.demo;
  const { enabled, seed } = config.exchange.participants;
  if (pastHours === 0 || enabled !== true || holdsExchange(folder)) return false;
  const startedMs = performance.now();
  const untilUs = times.clock.nowUs();
  const past = { seed, markets: defaultMarkets, fromUs: untilUs - pastHours * hourUs, untilUs };
  try {
    const steps = participantsPast(past);
    if (typeof steps === "string") throw new StartError(steps);
    const trades = await begunWith(folder, (engineFolder) =>
      liveThrough({
        stores: engineStores(engineFolder, { log }),
        log: troubleOf(log),
        steps,
        progress(share) {
          start.goOn();
          progress(share);
        },
      }),
    );
    const seconds = Math.round((performance.now() - startedMs) / 100) / 10;
    const length = pastHours === 24 ? "day" : `${pastHours} hours`;
    const counted = trades.toLocaleString("en-US");
    demo.notes.push(`made a past ${length} of ${counted} trades in ${seconds} s`);
    log.info("the demo begins with a past that is made up", { hours: pastHours, trades });
    return true;
  } catch (error) {
    if (error instanceof StartCancelled) throw error;
    const reason = wordsOf(error);
    log.warn("the demo begins without a past", { reason });
    return false;
  }
}

/** Fills a folder of its own and makes it that of the exchange. */
async function begunWith<Result>(
  { path, engineFolder }: DataFolder,
  fill: (folder: string) => Promise<Result>,
): Promise<Result> {
  const made = mkdtempSync(join(path, unfinished));
  try {
    const result = await fill(made);
    // Where another server was quicker it is not empty, and stays.
    rmdirSync(engineFolder);
    renameSync(made, engineFolder);
    syncPath(path);
    return result;
  } finally {
    for (const left of [made, ...leftovers(path)]) rmSync(left, { recursive: true, force: true });
  }
}

/** What starts that were killed have left. */
function leftovers(path: string): readonly string[] {
  const names = readdirSync(path).filter((name) => name.startsWith(unfinished));
  return names.map((name) => join(path, name));
}

/** Only what is wrong: that an exchange was opened is said once. */
function troubleOf(log: Log): Log {
  return { debug() {}, info() {}, warn: log.warn.bind(log), error: log.error.bind(log) };
}
