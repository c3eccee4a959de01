import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FrameCounter } from "./frame-counter.ts";

const ping = 0x89;
const pong = 0x8a;
const text = 0x81;

function frame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  if (length < 126) return Buffer.concat([Buffer.from([opcode, length]), payload]);
  const header = Buffer.alloc(length < 65_536 ? 4 : 10);
  header[0] = opcode;
  header[1] = length < 65_536 ? 126 : 127;
  if (length < 65_536) header.writeUInt16BE(length, 2);
  else header.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([header, payload]);
}

function listen() {
  const heard = { frames: 0, payload: "", pings: [] as string[] };
  const counter = new FrameCounter({
    payload: (part) => {
      heard.payload += part.toString("latin1");
    },
    frame: () => {
      heard.frames += 1;
    },
    ping: (payload) => heard.pings.push(payload.toString("latin1")),
  });
  return { counter, heard };
}

const message = fc.record({
  opcode: fc.constantFrom(text, ping, pong),
  payload: fc.uint8Array({ maxLength: 400, size: "max" }).map((bytes) => Buffer.from(bytes)),
});

describe("the counter of frames", () => {
  it("finds the same frames however the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 }),
        (messages, cuts) => {
          const known = messages.filter(
            ({ opcode, payload }) => opcode === text || payload.length < 126,
          );
          const bytes = Buffer.concat(known.map(({ opcode, payload }) => frame(opcode, payload)));
          const { counter, heard } = listen();
          for (let at = 0, cut = 0; at < bytes.length; cut += 1) {
            const length = cuts[cut % cuts.length]!;
            counter.take(bytes.subarray(at, at + length));
            at += length;
          }
          const of = (opcode: number) =>
            known
              .filter((each) => each.opcode === opcode)
              .map(({ payload }) => payload.toString("latin1"));
          expect(heard).toEqual({
            frames: of(text).length,
            payload: of(text).join(""),
            pings: of(ping),
          });
        },
      ),
    );
  });

  it("takes a message of more than 65,535 bytes", () => {
    const { counter, heard } = listen();
    counter.take(frame(text, Buffer.alloc(70_000, 1)));
    expect([heard.frames, heard.payload.length]).toEqual([1, 70_000]);
  });
});
