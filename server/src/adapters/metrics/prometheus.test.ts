import { expect, it } from "vitest";
import { createPrometheusMeter } from "./prometheus.ts";

const valuesOf = (text: string, name: string) =>
  text.split("\n").filter((line) => line.startsWith(`${name} `));

it("tells the figures of its own server, and each of the process's once", async () => {
  const [one, other] = [createPrometheusMeter(), createPrometheusMeter()];
  one.counter("openbourse_things_total", "Things.").add(2);
  other.counter("openbourse_things_total", "Things.").add(3);
  const texts = await Promise.all([one.text(), other.text()]);
  expect(texts.map((text) => valuesOf(text, "openbourse_things_total"))).toEqual([
    ["openbourse_things_total 2"],
    ["openbourse_things_total 3"],
  ]);
  for (const text of texts) {
    expect(valuesOf(text, "process_resident_memory_bytes")).toHaveLength(1);
    expect(valuesOf(text, "nodejs_eventloop_lag_p99_seconds")).toHaveLength(1);
  }
});

it("watches the process once, however many servers there were in it", () => {
  const timers = () => {
    const { libuv } = process.report.getReport() as { libuv: readonly { type: string }[] };
    return libuv.filter(({ type }) => type === "timer").length;
  };
  createPrometheusMeter();
  const before = timers();
  for (let count = 0; count < 20; count += 1) createPrometheusMeter();
  expect(timers()).toBe(before);
});
