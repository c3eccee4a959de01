/** Records a made-up dataset into a folder, block after block, until it is killed; says a line for each block. */
import { DatasetRecording } from "../../server/src/recordings/dataset-recording.ts";
import { RotatingFiles, recordedUntil } from "../../server/src/recordings/rotating-files.ts";
import { MemoryDatasetStore } from "../../server/src/testing/memory-dataset-store.ts";
import { momentUs, recordBounds, recordedTrades, recordName } from "./record-source.ts";

const [folder = ""] = process.argv.slice(2);
const { dataset } = recordName;
const files = { folder, name: dataset };
const store = new MemoryDatasetStore();
const trades = recordedTrades();
await store.import({ dataset, trades, bars: [], known: [] });
const untilUs = await recordedUntil(files);
const fromUs = untilUs === undefined ? 0 : untilUs + 1;
const writer = new RotatingFiles(files, recordBounds, {
  begun: () => undefined,
  removed: () => undefined,
});
const recording = new DatasetRecording({ reader: store, dataset, files: writer, fromUs });
const endUs = (trades.at(-1)?.eventTimeUs ?? 0) + 1;
process.stdout.write("ready\n");
for (let toUs = Math.max(fromUs, trades[0]?.eventTimeUs ?? 0); toUs < endUs; ) {
  toUs = Math.min(endUs, toUs + 20 * momentUs);
  await recording.record(toUs, () => false);
  process.stdout.write("block\n");
}
await writer.close();
process.stdout.write("end\n");
