/**
 * WebSocket frames as a server sends them: unmasked, hence the same bytes for every client (RFC 6455,
 * 5.2), and compressed without a context, hence the same for every client that takes those (RFC 7692).
 */
import { constants, deflateRawSync } from "node:zlib";
import type { Frame } from "../../ports/transport.ts";

const finalTextFrame = 0x81;
/** The first reserved bit tells that the message is compressed. */
const compressedTextFrame = 0xc1;
const length16 = 126;
const length64 = 127;

/** Messages below this size are sent as they are: compressing them gains nothing. */
export const compressedBytesMin = 128;

/** A flushed block ends with four bytes that both sides know and nobody sends (RFC 7692, 7.2.1). */
const flushTailBytes = 4;

/** One complete text frame. */
export function frameText(text: string): Frame {
  return new TextFrame(text);
}

class TextFrame implements Frame {
  readonly plain: Uint8Array;
  #compressed: Uint8Array | undefined;

  constructor(text: string) {
    const length = Buffer.byteLength(text);
    const frame = Buffer.allocUnsafe(headerBytes(length) + length);
    frame.write(text, writeHeader(frame, finalTextFrame, length));
    this.plain = frame;
  }

  get compressed(): Uint8Array {
    this.#compressed ??= compress(this.plain);
    return this.#compressed;
  }
}

function compress(plain: Uint8Array): Uint8Array {
  if (plain.length < compressedBytesMin) return plain;
  const payload = plain.subarray(payloadAt(plain));
  const deflated = deflateRawSync(payload, { finishFlush: constants.Z_SYNC_FLUSH });
  const length = deflated.length - flushTailBytes;
  if (length >= payload.length) return plain;
  const frame = Buffer.allocUnsafe(headerBytes(length) + length);
  frame.set(deflated.subarray(0, length), writeHeader(frame, compressedTextFrame, length));
  return frame;
}

function headerBytes(length: number): number {
  if (length < length16) return 2;
  return length < 65_536 ? 4 : 10;
}

/** Writes the header of a frame; returns where its payload begins. */
function writeHeader(frame: Buffer, first: number, length: number): number {
  const bytes = headerBytes(length);
  frame[0] = first;
  if (bytes === 2) {
    frame[1] = length;
  } else if (bytes === 4) {
    frame[1] = length16;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = length64;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  return bytes;
}

function payloadAt(frame: Uint8Array): number {
  const code = frame[1] ?? 0;
  if (code < length16) return 2;
  return code === length16 ? 4 : 10;
}
