import { expect, it } from "vitest";
import { Exchange } from "../core/exchange.ts";
import type { CommandBatch } from "../ports/command-log.ts";
import { MemoryCommandLog, MemoryLogStorage } from "../testing/memory-command-log.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { money } from "./example-stream.fixture.ts";
import { Sequencer } from "./sequencer.ts";

it("lets a batch grow until the log wants the next one, and appends a full one at once", async () => {
  let goOn = () => {};
  let due: Promise<void> | undefined;
  const appended: number[] = [];
  const log = new (class extends MemoryCommandLog {
    override nextDue(): Promise<void> | undefined {
      return due;
    }
    override append(...args: Parameters<MemoryCommandLog["append"]>) {
      appended.push((args[0] as CommandBatch).count);
      return super.append(...args);
    }
  })(new MemoryLogStorage());
  const sequencer = new Sequencer({
    ...{ exchange: new Exchange(), log, clock: new VirtualClock(), batchMax: 4 },
    schedule: queueMicrotask,
    release: () => {},
  });
  const submit = (key: string) =>
    sequencer.submitted({
      ...{ kind: "deposit", user: "ann", currency: "USDT" },
      ...{ amount: money(1), key },
    });
  await submit("a");
  expect(appended).toEqual([1]);

  due = new Promise((resolve) => {
    goOn = resolve;
  });
  const answers = [submit("b")];
  await new Promise((resolve) => setImmediate(resolve));
  answers.push(submit("c"), submit("d"));
  await new Promise((resolve) => setImmediate(resolve));
  expect(appended).toEqual([1]);
  goOn();
  await Promise.all(answers);
  expect(appended).toEqual([1, 3]);

  due = new Promise(() => {});
  await Promise.all(["e", "f", "g", "h"].map(submit));
  expect(appended).toEqual([1, 3, 4]);
});
