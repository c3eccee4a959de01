import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import { runHere } from "./command-here.ts";
import { untilTrue } from "./until.ts";

it("a command is not warned of the threads of servers beside it", async () => {
  const warnings: string[] = [];
  const note = ({ name }: Error) => void warnings.push(name);
  process.on("warning", note);
  const before = process.stderr.listenerCount("error");
  const idle = "setInterval(() => {}, 1_000)";
  const threads = Array.from({ length: 10 }, () => new Worker(idle, { eval: true }));
  await untilTrue(() => process.stderr.listenerCount("error") >= before + threads.length);

  const { code } = await runHere(["--version"]);
  await setImmediate();
  await Promise.all(threads.map((thread) => thread.terminate()));
  process.off("warning", note);

  expect(code).toBe(0);
  expect(warnings).not.toContain("MaxListenersExceededWarning");
});
