import { expect, it } from "vitest";
import type { TapSink } from "../../ports/tap.ts";
import { TapStream, tapWaitingBytesMax } from "./tap-stream.ts";

/** A tap that the test feeds. */
function opened() {
  let sink: TapSink | undefined;
  let hasLeft = false;
  const stream = new TapStream({
    open(asked) {
      sink = asked;
      return () => {
        hasLeft = true;
      };
    },
  });
  if (sink === undefined) throw new Error("it was not opened");
  return { stream, take: sink.passed.bind(sink), hasLeft: () => hasLeft };
}

it("is a line for each thing, with the bytes that follow it, and a copy of what may change", async () => {
  const { stream, take } = opened();
  const memory = Buffer.from("one\ntwo");
  take({ t: "sent", us: 1, to: [2] }, memory);
  take({ t: "end", us: 2 });
  memory.fill(0);
  stream.finish();
  const chunks = await stream.toArray();

  expect(String(Buffer.concat(chunks))).toBe(
    '{"t":"sent","us":1,"to":[2],"bytes":7}\none\ntwo{"t":"end","us":2}\n',
  );
});

it("drops what a recorder does not take in time, counts it, and tells of it once there is room", async () => {
  const { stream, take, hasLeft } = opened();
  const megabyte = Buffer.alloc(1_048_576);
  const count = tapWaitingBytesMax / megabyte.length + 5;
  for (let us = 1; us <= count; us += 1) take({ t: "sent", us }, megabyte);
  await new Promise<void>((resolve) => setImmediate(resolve));
  expect(stream.readableLength).toBeLessThanOrEqual(tapWaitingBytesMax);

  const heads: { t: string; us: number; fromUs?: number; dropped?: number }[] = [];
  let rest = Buffer.alloc(0);
  stream.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const head = JSON.parse(rest.toString("utf8", 0, end));
      if (end + 1 + (head.bytes ?? 0) > rest.length) break;
      heads.push(head);
      rest = rest.subarray(end + 1 + (head.bytes ?? 0));
    }
  });
  await new Promise<void>((resolve) => setImmediate(resolve));
  take({ t: "sent", us: 99 }, Buffer.from("x"));
  stream.finish();
  await new Promise<void>((resolve) => stream.once("end", () => resolve()));

  const dropped = count - heads.filter(({ t, us }) => t === "sent" && us < 99).length;
  expect(dropped).toBeGreaterThanOrEqual(5);
  expect(heads.slice(-2)).toMatchObject([
    { t: "gap", fromUs: count - dropped + 1, us: count, dropped },
    { t: "sent", us: 99, bytes: 1 },
  ]);
  expect(hasLeft()).toBe(true);
});

it("leaves the tap when the recorder goes away", async () => {
  const { stream, take, hasLeft } = opened();
  stream.destroy();
  await new Promise<void>((resolve) => stream.once("close", () => resolve()));
  take({ t: "sent", us: 1 }, Buffer.from("x"));
  expect(hasLeft()).toBe(true);
});
