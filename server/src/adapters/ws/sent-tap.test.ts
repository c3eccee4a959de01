import { expect, it } from "vitest";
import { VirtualClock } from "../../testing/virtual-clock.ts";
import { SentTap } from "./sent-tap.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** A tap, and all that it shows. */
function watched(open: { number: number; dialect: string; owner: string }[] = []) {
  const tap = new SentTap(new VirtualClock(1_000), () => open);
  const shown: [object, string | undefined][] = [];
  const leave = tap.open({
    passed: (head, data) =>
      shown.push([head, data === undefined ? undefined : String.fromCharCode(...data)]),
  });
  return { tap, shown, leave };
}

/** What was noted within this turn is shown after it. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

it("shows what several are written once, with the numbers of all of them, as it was when it was written", async () => {
  const { tap, shown } = watched();
  const memory = bytes("aa");
  for (const number of [4, 2, 9]) tap.wrote(number, memory);
  memory.fill(0);
  tap.wrote(4, bytes("b"));
  await turn();

  expect(shown).toEqual([
    [{ t: "sent", us: 1_000, to: [4, 2, 9] }, "aa"],
    [{ t: "sent", us: 1_000, to: [4] }, "b"],
  ]);
});

it("tells of the connections that are open, that come, that are closed and that are gone, in order with what they are sent", async () => {
  const { tap, shown } = watched([{ number: 1, dialect: "finazon", owner: "ann" }]);
  tap.connected({ number: 2, dialect: "finazon", owner: "bob" });
  tap.wrote(2, bytes("x"));
  tap.closed(2, 1008, "slow");
  tap.ended(2, 1006);
  await turn();

  expect(shown).toEqual([
    [{ t: "open", us: 1_000, c: 1, dialect: "finazon", owner: "ann" }, undefined],
    [{ t: "connect", us: 1_000, c: 2, dialect: "finazon", owner: "bob" }, undefined],
    [{ t: "sent", us: 1_000, to: [2] }, "x"],
    [{ t: "close", us: 1_000, c: 2, data: "1008 slow" }, undefined],
    [{ t: "end", us: 1_000, c: 2, data: "1006" }, undefined],
  ]);
});

it("shows nothing of an earlier turn in a later one's place, and nothing to who has left", async () => {
  const { tap, shown, leave } = watched();
  const memory = bytes("a");
  tap.wrote(1, memory);
  await turn();
  tap.wrote(2, memory);
  await turn();
  leave();
  expect(tap.isOn).toBe(false);

  expect(shown.map(([head]) => (head as { to: number[] }).to)).toEqual([[1], [2]]);
});
