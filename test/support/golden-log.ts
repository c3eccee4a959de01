/**
 * Golden logs: commands as they lie in a log, with the digest of everything they cause. A replay on
 * any machine and in any later version has to cause the same, byte for byte.
 */
import { createHash } from "node:crypto";
import type { Command } from "../../server/src/core/commands.ts";
import { Exchange } from "../../server/src/core/exchange.ts";
import { CommandEncoder, decodeCommands } from "../../server/src/sequencer/command-codec.ts";
import {
  exampleCommands,
  logWithParameters,
  opening,
} from "../../server/src/sequencer/example-stream.fixture.ts";

/** The golden logs by the names of their files: a log of 0.1.0, and one that begins with a genesis. */
export const goldenLogs: Readonly<Record<string, () => readonly Command[]>> = {
  "exchange-log": () => [...opening, ...exampleCommands(2026, 1_000)],
  "parameters-log": () => logWithParameters(2026, 1_000),
};

/** One batch of the log. */
export interface GoldenBatch {
  readonly firstSequence: number;
  readonly count: number;
  readonly timeUs: number;
  /** Base64 of the encoded commands. */
  readonly payload: string;
}

/** What the whole log comes to. */
export interface GoldenOutcome {
  /** SHA-256 over the events of all commands as JSON, amounts as digits. */
  readonly events: string;
  readonly stateHash: string;
}

/** Encodes commands into batches of a few each, as a sequencer would have. */
export function batchesOf(commands: readonly Command[]): readonly GoldenBatch[] {
  const batches: GoldenBatch[] = [];
  for (let at = 0; at < commands.length; ) {
    const part = commands.slice(at, at + 1 + (batches.length % 5));
    const encoder = new CommandEncoder();
    for (const command of part) encoder.add(command);
    batches.push({
      firstSequence: at + 1,
      count: part.length,
      timeUs: 1_750_000_000_000_000 + batches.length * 977_000,
      payload: Buffer.from(encoder.payload()).toString("base64"),
    });
    at += part.length;
  }
  return batches;
}

/** Replays batches on an empty exchange. */
export function outcomeOf(batches: readonly GoldenBatch[]): GoldenOutcome {
  const exchange = new Exchange();
  const digest = createHash("sha256");
  for (const { firstSequence, count, timeUs, payload } of batches) {
    const commands = decodeCommands(Buffer.from(payload, "base64"), count);
    if (typeof commands === "string") throw new Error(commands);
    for (const [index, command] of commands.entries()) {
      const events = exchange.apply({ sequence: firstSequence + index, timeUs, command });
      digest.update(
        `${JSON.stringify(events, (_key, value) => (typeof value === "bigint" ? String(value) : value))}\n`,
      );
    }
  }
  exchange.checkInvariants();
  return { events: digest.digest("hex"), stateHash: exchange.stateHash() };
}
