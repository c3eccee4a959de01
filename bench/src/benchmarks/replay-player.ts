/**
 * Plays one recording at full speed through the replay feed and the runner of the server, down to
 * counted bars. It serves nobody: there is no hub and no socket behind it.
 */
import { systemClock } from "../../../server/src/adapters/clock/system-clock.ts";
import { createReplayFeed } from "../../../server/src/feeds/replay/feed.ts";
import { latenessDefaultUs } from "../../../server/src/marketdata/bar-publisher.ts";
import { Catalog } from "../../../server/src/marketdata/catalog.ts";
import type { Log } from "../../../server/src/ports/log.ts";
import type { RecordingFormat } from "../../../server/src/recordings/format.ts";
import { FeedRunner } from "../../../server/src/streams/bar-streams.ts";

/** A recorded file and what is known about it. */
export interface RecordedFile {
  readonly path: string;
  readonly format: RecordingFormat;
  /** Good rows in it. */
  readonly trades: number;
}

const dataset = { code: "bench", name: "Benchmark", publisher: "bench" };

/** Recordings are dirty; what is wrong with them is counted by the runner and not printed here. */
const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** Plays a file to its end; answers how many bars were published. Fails when a trade is missing. */
export async function playFile({ path, format, trades }: RecordedFile): Promise<number> {
  const catalog = new Catalog();
  catalog.addDataset(dataset);
  let messages = 0;
  const feed = createReplayFeed({
    files: [path],
    format,
    publisher: dataset.publisher,
    ticker: "A/B",
    speed: "max",
  });
  const runner = new FeedRunner({
    dataset,
    opened: {
      feed,
      waitsForConsumers: true,
      waitsForAudience: false,
      isRecording: true,
      simulated: false,
    },
    latenessUs: latenessDefaultUs,
    unchangedBars: false,
    catalog,
    clock: systemClock(),
    log: silentLog,
    publish: () => {
      messages += 1;
    },
    caughtUp: () => undefined,
  });
  runner.start();
  await runner.finished();
  const { counts } = runner.figures;
  if (runner.state !== "finished" || counts.trades !== trades) {
    throw new Error(`${path}: ${runner.state}, ${counts.trades} of ${trades} trades played`);
  }
  return messages;
}
