import { describe, expect, it } from "vitest";
import type { Released } from "../ports/released.ts";
import { ReleaseLine, toldEventsMax, untoldEventsMax } from "./release-line.ts";

/** A command with so many events, each of which says which one it is. */
function command(sequence: number, events: number): Released {
  return {
    sequence,
    timeUs: sequence,
    command: { kind: "cancel-all", user: "a" },
    events: Array.from({ length: events }, (_, index) => ({
      ...{ kind: "level-changed", market: "BTC_USDT", side: "buy" },
      ...{ price: sequence, quantity: index },
    })),
  };
}

/** A line whose turns come when the test says so. */
function line() {
  const turns: (() => void)[] = [];
  const slices: (readonly Released[])[] = [];
  const made = new ReleaseLine({
    schedule: (task) => turns.push(task),
    tell: (slice) => slices.push(slice),
  });
  const told = () =>
    slices.flat().flatMap(({ sequence, events }) => events.map((event) => ({ sequence, event })));
  return { line: made, slices, told, nextTurn: () => turns.shift()?.(), turns };
}

const eventsOf = (commands: readonly Released[]) =>
  commands.flatMap(({ sequence, events }) => events.map((event) => ({ sequence, event })));

describe("a line of released commands", () => {
  it("tells what is small at once, and as it came", () => {
    const { line: made, slices, turns } = line();
    const batch = [command(1, 3), command(2, 0), command(3, 5)];
    made.take(batch);
    expect(slices).toEqual([batch]);
    expect(turns).toEqual([]);
    expect(made.untoldEvents).toBe(0);
  });

  it("tells ten thousand events in slices, and lets a turn pass between two of them", () => {
    const { line: made, slices, told, nextTurn, turns } = line();
    const large = command(1, 10_003);
    made.take([large]);
    expect(slices).toHaveLength(1);
    while (turns.length > 0) nextTurn();

    expect(slices).toHaveLength(Math.ceil(10_003 / toldEventsMax));
    for (const slice of slices) expect(eventsOf(slice).length).toBeLessThanOrEqual(toldEventsMax);
    expect(told()).toEqual(eventsOf([large]));
  });

  it("tells what comes meanwhile after it, in the order of the log", () => {
    const { line: made, told, nextTurn, turns } = line();
    const commands = [command(1, 3_000), command(2, 2), command(3, 2_000), command(4, 0)];
    made.take(commands.slice(0, 1));
    nextTurn();
    made.take(commands.slice(1, 3));
    expect(turns).toHaveLength(1);
    nextTurn();
    made.take(commands.slice(3));
    while (turns.length > 0) nextTurn();
    expect(told()).toEqual(eventsOf(commands));
  });

  it("has no room while more waits than it may hold, and has it again", () => {
    const { line: made, nextTurn, turns } = line();
    made.take([command(1, untoldEventsMax + toldEventsMax - 1)]);
    expect(made.hasRoom).toBe(true);
    made.take([command(2, 1)]);
    expect(made.hasRoom).toBe(false);
    nextTurn();
    expect(made.hasRoom).toBe(true);
    expect(turns).toHaveLength(1);
  });

  it("tells all of it before it is closed", () => {
    const { line: made, told } = line();
    const commands = [command(1, 5_000), command(2, 1)];
    made.take(commands);
    made.finish();
    expect(told()).toEqual(eventsOf(commands));
  });
});
