import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, it, vi } from "vitest";
import { mountSmallDisk, smallDiskMissing } from "../../../../../test/support/small-disk.ts";
import { busyStory } from "../../../ports/history-story.fixture.ts";
import { openHistoryFile } from "./file.ts";
import type { FromWorker, WorkerStart } from "./messages.ts";
import { Names } from "./names.ts";
import { RowMaker } from "./rows.ts";
import { HistoryWriter, retryMs } from "./writer.ts";

const disk = mountSmallDisk(1_024);
afterAll(() => disk?.remove());
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
});
afterEach(() => {
  vi.useRealTimers();
});

it.runIf(disk !== undefined)(
  `a history on a full disk says once that it waits, however often it tries, and once that it goes on (or ${smallDiskMissing})`,
  () => {
    const folder = disk?.folder ?? "";
    const ballast = join(folder, "ballast");
    const history = openHistoryFile({ file: join(folder, "history.db"), epoch: "a".repeat(32) });
    writeFileSync(ballast, Buffer.alloc(500_000));
    const told: (FromWorker | WorkerStart)[] = [];
    const writer = new HistoryWriter(history, {
      post: (message) => told.push(message),
      end: () => {},
    });
    const rows = new RowMaker(new Names([]));
    const { released } = busyStory(4_000);
    for (let at = 0; at < released.length; at += 20) {
      writer.handle({ kind: "store", rows: rows.rowsOf(released.slice(at, at + 20), false) });
      writer.handle({ kind: "commit" });
      if (told.at(-1)?.kind === "stalled") break;
    }
    expect(told.at(-1)).toMatchObject({ kind: "stalled", failure: { fault: "disk-full" } });

    const before = told.length;
    vi.advanceTimersByTime(5 * retryMs);
    expect(told.slice(before)).toEqual([]);

    rmSync(ballast);
    vi.advanceTimersByTime(2 * retryMs);
    expect(told.slice(before).map(({ kind }) => kind)).toEqual(["resumed", "stored"]);
    writer.handle({ kind: "close" });
    history.close();
  },
);
