import { expect, it } from "vitest";
import type { Unanswered } from "../ports/request-line.ts";
import { nextTurn } from "../ports/timers.ts";
import { money } from "../sequencer/example-stream.fixture.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { encodeOrderAnswer } from "./order-messages.ts";
import { OrderPath, orderWithinMs } from "./order-path.ts";

/** A path whose questions wait until the test answers them. */
function opened() {
  const clock = new VirtualClock();
  const asked: { subject: string; answer(answer: Uint8Array | Unanswered): void }[] = [];
  const now = { term: 1 };
  const path = new OrderPath({
    line: {
      questionBytesMax: 1_000,
      ask: (subject) => new Promise((answer) => asked.push({ subject, answer })),
    },
    ...{ subject: "orders", processHex: "0123456789abcdef", clock },
    term: () => now.term,
    applied: () => Promise.resolve(),
  });
  const submitted = path.submit({
    kind: "deposit",
    user: "u",
    currency: "USDT",
    amount: money(1),
    key: "k",
  });
  return { clock, asked, now, path, submitted };
}

const nobody = { kind: "unanswered", why: "nobody" } as const;
const otherTerm = encodeOrderAnswer({ kind: "other-term", term: 2 });

it("asks nobody any more once it has said that a command was not carried out", async () => {
  const { asked, now, path, submitted } = opened();
  asked[0]?.answer(nobody);
  await nextTurn();
  expect(asked.map(({ subject }) => subject)).toEqual(["orders.1", "orders"]);
  // The takeover is heard of while the new leader is being asked.
  now.term = 2;
  path.newTerm(2);
  expect(await submitted).toMatchObject({ kind: "unavailable", passes: true });
  asked[1]?.answer(otherTerm);
  await nextTurn();
  expect(asked).toHaveLength(2);
});

it("asks nobody any more once it has said that the result is not known", async () => {
  const { clock, asked, submitted } = opened();
  clock.advanceBy(orderWithinMs * 1_000);
  expect(await submitted).toMatchObject({ kind: "stopped" });
  asked[0]?.answer(nobody);
  await nextTurn();
  expect(asked).toHaveLength(1);
});
