import fc from "fast-check";
import { expect, it } from "vitest";
import { tapped } from "./tapped.ts";

const things: [string, string | undefined][] = [
  ['{"t":"connect","us":1,"c":1,"addr":"ws://x"}', undefined],
  ['{"t":"recv","us":2,"c":1,"bytes":3}', "a\nb"],
  ['{"t":"recv","us":3,"c":1,"bytes":2}', "{}"],
  ['{"t":"close","us":4,"c":1}', undefined],
];
const whole = Buffer.from(things.map(([head, bytes]) => `${head}\n${bytes ?? ""}`).join(""));

async function read(chunks: Iterable<Buffer>) {
  async function* arriving() {
    yield* chunks;
  }
  const told: [string, string | undefined][] = [];
  for await (const { t, us, fields, bytes } of tapped(arriving())) {
    const size = bytes === undefined ? {} : { bytes: bytes.length };
    told.push([JSON.stringify({ t, us, ...fields, ...size }), bytes?.toString()]);
  }
  return told;
}

it("reads what was shown, wherever it was cut into pieces", async () => {
  const property = fc.asyncProperty(fc.array(fc.nat({ max: whole.length })), async (cuts) => {
    const places = [0, ...cuts.toSorted((one, other) => one - other), whole.length];
    const chunks = places.slice(1).map((end, n) => whole.subarray(places[n], end));
    expect(await read(chunks)).toEqual(things);
  });
  await fc.assert(property, { numRuns: 60 });
});

it("leaves out what a server that was killed has begun", async () => {
  expect(await read([whole.subarray(0, -1)])).toEqual(things.slice(0, 3));
  expect(await read([whole.subarray(0, whole.indexOf("a\nb") + 2)])).toEqual(things.slice(0, 1));
});
