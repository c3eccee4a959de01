import { beforeEach, describe, expect, it } from "vitest";
import type { Command } from "../core/commands.ts";
import { Exchange } from "../core/exchange.ts";
import type { CommandBatch } from "../ports/command-log.ts";
import { Applier, expectedHashesMax, partEventsMax } from "./applier.ts";
import { CommandEncoder } from "./command-codec.ts";
import { exampleCommands, opening } from "./example-stream.fixture.ts";

const stream = [...opening, ...exampleCommands(1, 300)];
const startUs = 1_700_000_000_000_000;

/** The commands of the stream from `firstSequence` on as one batch. */
function batchOf(firstSequence: number, count: number, timeUs = startUs): CommandBatch {
  const encoder = new CommandEncoder();
  const commands = stream.slice(firstSequence - 1, firstSequence - 1 + count);
  for (const command of commands) encoder.add(command);
  return { firstSequence, count, timeUs, payload: encoder.payload() };
}

/** The state after so many commands of the stream. */
function hashAfter(count: number): string {
  const exchange = new Exchange();
  stream.slice(0, count).forEach((command, index) => {
    exchange.apply({ sequence: index + 1, timeUs: startUs, command });
  });
  return exchange.stateHash();
}

let applier: Applier;

beforeEach(() => {
  applier = new Applier(new Exchange());
});

describe("applying a log's batches", () => {
  it("does what applying the commands one by one does", () => {
    const alone = new Exchange();
    const alike = stream.map((command, index) => {
      const stamped = { sequence: index + 1, timeUs: startUs, command };
      return { ...stamped, events: alone.apply(stamped) };
    });

    const applied = [batchOf(1, 100), batchOf(101, 1), batchOf(102, 213)].map((batch) =>
      applier.applyBatch(batch),
    );

    expect(applied.flat()).toEqual(alike);
    expect(applier.exchange.stateHash()).toBe(alone.stateHash());
  });

  it("comes to the same state in parts, each of some events and no more than a command beyond", () => {
    const parts: number[][] = [[]];
    const work = applier.applyInParts(batchOf(1, stream.length), ({ events }) =>
      parts.at(-1)!.push(Math.max(1, events.length)),
    );
    while (work.next().done !== true) parts.push([]);

    const sum = (counts: readonly number[]) => counts.reduce((one, other) => one + other, 0);
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts) expect(sum(part.slice(0, -1))).toBeLessThan(partEventsMax);
    for (const part of parts.slice(0, -1)) expect(sum(part)).toBeGreaterThanOrEqual(partEventsMax);
    expect(applier.exchange.stateHash()).toBe(hashAfter(stream.length));
  });

  it("skips what was applied before, of a batch or all of it", () => {
    applier.applyBatch(batchOf(1, 20));

    expect(applier.applyBatch(batchOf(1, 20))).toEqual([]);
    expect(applier.applyBatch(batchOf(11, 10))).toEqual([]);
    const rest = applier.applyBatch(batchOf(11, 20));

    expect(Array.isArray(rest) && rest.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 10 }, (_, index) => 21 + index),
    );
  });

  it("shows each command right after it was applied", () => {
    const seen: [number, number][] = [];

    applier.applyBatch(batchOf(1, 3), ({ sequence }) =>
      seen.push([sequence, applier.exchange.sequence]),
    );

    expect(seen).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
  });

  it("takes a batch without commands for what it is: nothing, at its place", () => {
    applier.applyBatch(batchOf(1, 2));

    expect(applier.applyBatch({ ...batchOf(3, 0), payload: new Uint8Array() })).toEqual([]);
    expect(applier.applyBatch({ ...batchOf(5, 0), payload: new Uint8Array() })).toMatchObject({
      cause: "hole",
    });
  });
});

describe("a fault", () => {
  const cases: readonly [string, CommandBatch, object][] = [
    [
      "a hole",
      batchOf(7, 2),
      {
        cause: "hole",
        sequence: 6,
        reason: "batch at sequence 7: commands from 6 on are missing",
      },
    ],
    [
      "time that goes back",
      batchOf(6, 2, startUs - 1),
      {
        cause: "time",
        sequence: 6,
        reason: "batch at sequence 6: it is older than the command before it",
      },
    ],
    [
      "commands that cannot be read",
      { ...batchOf(6, 2), payload: Uint8Array.of(9) },
      {
        cause: "unreadable",
        sequence: 6,
        reason: "batch at sequence 6: commands are written in version 9 of the format",
      },
    ],
  ];

  it.each(cases)("is %s: nothing is applied, then or later", (_, batch, fault) => {
    applier.applyBatch(batchOf(1, 5));

    expect(applier.applyBatch(batch)).toMatchObject({ kind: "fault", ...fault });

    expect(applier.applyBatch(batchOf(6, 2))).toBe(applier.fault);
    expect(applier.apply(startUs, stream[5] as Command)).toBe(applier.fault);
    expect([applier.exchange.sequence, applier.exchange.stateHash()]).toEqual([5, hashAfter(5)]);
  });

  it("is an invariant that a command violates, and names the command", () => {
    const apply = applier.exchange.apply.bind(applier.exchange);
    applier.exchange.apply = (stamped) => {
      if (stamped.sequence === 3) throw new Error("money has appeared");
      return apply(stamped);
    };

    expect(applier.applyBatch(batchOf(1, 5))).toMatchObject({
      cause: "invariant",
      sequence: 3,
      reason: "the exchange stopped at command 3: money has appeared",
    });
    expect(applier.exchange.sequence).toBe(2);
  });

  it("is what an audit finds", () => {
    applier.applyBatch(batchOf(1, 5));
    expect(applier.audit(100)).toBe(true);
    applier.exchange.audit = () => {
      throw new Error("a hold is missing");
    };

    expect(applier.audit(100)).toMatchObject({
      cause: "invariant",
      sequence: 5,
      reason: "an audit of the exchange failed: a hold is missing",
    });
    expect(applier.applyBatch(batchOf(6, 1))).toBe(applier.fault);
  });
});

describe("a state hash that another replica came to", () => {
  it("is compared when its sequence is applied, in the middle of a batch too", () => {
    expect(applier.expectHash(0, hashAfter(0))).toBe(true);
    expect(applier.expectHash(150, hashAfter(150))).toBe(true);
    expect(applier.expectHash(200, hashAfter(199))).toBe(true);

    const fault = applier.applyBatch(batchOf(1, 300));

    expect(fault).toMatchObject({
      cause: "differs",
      sequence: 200,
      reason: `the state after command 200 differs: its hash is ${hashAfter(200)}, not ${hashAfter(199)}`,
    });
    expect(applier.exchange.sequence).toBe(200);
  });

  it("cannot be compared when its sequence is past, or when too many wait", () => {
    applier.applyBatch(batchOf(1, 10));

    expect(applier.expectHash(9, hashAfter(9))).toBe(false);
    expect(applier.expectHash(10, hashAfter(10))).toBe(true);
    for (let at = 0; at < expectedHashesMax; at += 1) applier.expectHash(100 + at, "");
    expect(applier.expectHash(1_000, "")).toBe(false);
    expect(applier.fault).toBeUndefined();
  });
});
