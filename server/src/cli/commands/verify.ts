/**
 * `verify`: runs the whole log again from its first command, with the server stopped, and compares
 * what comes of it with everything that is stored beside the log.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { existingExchange } from "../../config/data-folder.ts";
import type { ConfigInput } from "../../config/load.ts";
import { Exchange } from "../../core/exchange.ts";
import { wordsOf } from "../../core/words-of.ts";
import { noSnapshots } from "../../engine/no-snapshots.ts";
import { Recorder } from "../../engine/recorder.ts";
import { type EngineFiles, engineFiles } from "../../main/stores/engine-files.ts";
import { openHistoryOf, openLog, openSnapshots } from "../../main/stores/engine-stores.ts";
import type { CommandLog } from "../../ports/command-log.ts";
import type { HistoryDigest } from "../../ports/history.ts";
import type { SnapshotStore } from "../../ports/snapshot-store.ts";
import type { StorageFailure } from "../../ports/storage-fault.ts";
import { recover } from "../../sequencer/recovery.ts";

import { decodeState, isStateFormat } from "../../sequencer/state-codec.ts";
import { tuneCollector } from "../collector.ts";
import { configOrExitCode } from "./config.ts";
import { print } from "./key-store.ts";
import { logOf } from "./serve.ts";

/** One thing that was compared. */
interface Finding {
  readonly what: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Compares everything; resolves with 0 when all of it agrees and 1 when anything does not. */
export async function verify(input: ConfigInput, json: boolean): Promise<number> {
  tuneCollector();
  const config = configOrExitCode(input);
  if (config === 2) return 2;
  const files = engineFiles(existingExchange(config.data).engineFolder);
  const log = await openLog(files, { mayBegin: false });
  const scratch = mkdtempSync(join(tmpdir(), "openbourse-verify-"));
  try {
    const findings =
      log.damage === undefined
        ? await compare({ log, files, scratch, report: logOf(config) })
        : // Whatever else there is belongs to a log that is not this one any more.
          [{ what: "log", ok: false, detail: log.damage.message }];
    const ok = findings.every((finding) => finding.ok);
    if (json) print(JSON.stringify({ ok, findings }));
    else
      for (const { what, ok: good, detail } of findings)
        print(`${good ? "ok   " : "WRONG"} ${what}: ${detail}`);
    return ok ? 0 : 1;
  } finally {
    await log.close();
    rmSync(scratch, { recursive: true });
  }
}

/** What the stored history holds; undefined when there is none. */
async function digestOf(
  log: CommandLog,
  file: string,
): Promise<HistoryDigest | StorageFailure | undefined> {
  if (!existsSync(file)) return undefined;
  const stored = await openHistoryOf(log, file);
  const digest = await stored.digest();
  await stored.close();
  return digest;
}

async function compare(parts: {
  readonly log: CommandLog;
  readonly files: EngineFiles;
  readonly scratch: string;
  readonly report: ReturnType<typeof logOf>;
}): Promise<readonly Finding[]> {
  const { log, files, scratch, report } = parts;
  const snapshots = existsSync(files.snapshots)
    ? await openSnapshots(files.snapshots)
    : noSnapshots;
  const storedDigest = await digestOf(log, files.history);
  const history = await openHistoryOf(log, join(scratch, "history.db"));
  const recorder = new Recorder(history, report);
  const entries = await snapshots.list();
  const taken = "kind" in entries ? [] : entries.map(({ sequence }) => sequence);
  const replayedHashes = new Map<number, string>();
  const historyEnd =
    storedDigest !== undefined && "lastSequence" in storedDigest ? storedDigest.lastSequence : 0;
  const recovered = await recover({
    log,
    snapshots: noSnapshots,
    report,
    visit: {
      sequences: new Set(taken),
      at: (exchange) => replayedHashes.set(exchange.sequence, exchange.stateHash()),
    },
    // The stored history may lag behind the log after a crash: only what it has is compared.
    replayed: (released) =>
      recorder.replayed(released.filter(({ sequence }) => sequence <= historyEnd)),
  });
  if (recovered.kind === "damaged") {
    await recorder.finish();
    return [{ what: "log", ok: false, detail: recovered.message }];
  }
  await history.flushed();
  const digest = await history.digest();
  await recorder.finish();
  return [
    {
      what: "log",
      ok: true,
      detail: `${log.lastSequence} commands, state hash ${recovered.exchange.stateHash()}`,
    },
    invariants(recovered.exchange),
    ...(await Promise.all(
      taken.map((at) => snapshotFinding(snapshots, at, replayedHashes.get(at))),
    )),
    historyFinding(storedDigest, digest),
  ];
}

function invariants(exchange: Exchange): Finding {
  try {
    exchange.checkInvariants();
    return {
      what: "money",
      ok: true,
      detail: "deposits, balances, holds and fees add up in every currency",
    };
  } catch (error) {
    return {
      what: "money",
      ok: false,
      detail: wordsOf(error),
    };
  }
}

/** A snapshot is held against the replay from the first command up to its place. */
async function snapshotFinding(
  snapshots: SnapshotStore,
  sequence: number,
  replayedHash: string | undefined,
): Promise<Finding> {
  const what = `snapshot at ${sequence}`;
  if (replayedHash === undefined) return { what, ok: false, detail: "it is newer than the log" };
  const snapshot = await snapshots.read(sequence);
  if (snapshot.kind === "damage") return { what, ok: false, detail: snapshot.message };
  if (!isStateFormat(snapshot.format)) {
    return { what, ok: false, detail: `its format ${snapshot.format} is not known` };
  }
  const state = decodeState(snapshot.state);
  if (state === undefined) return { what, ok: false, detail: "it cannot be read" };
  const restored = new Exchange();
  restored.restore(state);
  const ok = replayedHash === restored.stateHash();
  return {
    what,
    ok,
    detail: ok ? "equals the replay" : `differs from the replay (${replayedHash})`,
  };
}

function historyFinding(
  stored: HistoryDigest | StorageFailure | undefined,
  rebuilt: HistoryDigest | StorageFailure,
): Finding {
  const what = "history";
  if (stored === undefined) {
    return { what, ok: true, detail: "there is none: the next start makes it from the log" };
  }
  if ("kind" in stored) return { what, ok: false, detail: stored.message };
  if ("kind" in rebuilt) return { what, ok: false, detail: rebuilt.message };
  const ok = stored.hash === rebuilt.hash && stored.lastSequence === rebuilt.lastSequence;
  const { orders, orderEvents, trades, bars, balanceChanges, transfers, lastSequence } = stored;
  const ofOrders = `${transfers} transfers, ${orderEvents} order events`;
  const counts = `${orders} orders, ${trades} trades, ${bars} bars, ${balanceChanges} balance changes, ${ofOrders}`;
  const contents = `${counts} up to command ${lastSequence}`;
  return {
    what,
    ok,
    detail: ok ? contents : "it differs from the log: run `openbourse rebuild`",
  };
}
