/** The texts in WebSocket frames as a server sends them: unmasked, whole, and each compressed by itself (RFC 7692). */
import { constants, inflateRawSync } from "node:zlib";

/** Largest text, in bytes. */
const textBytesMax = 64 * 1024 ** 2;

/** With which a compressed message ends and which nobody sends. */
const flushTail = Buffer.from("0000ffff", "hex");

/** The texts of whole text frames that lie one behind the other. Raises where they are something else. */
export function sentTexts(frames: Buffer): readonly string[] {
  const texts: string[] = [];
  for (let at = 0; at < frames.length; ) {
    const first = frames.readUInt8(at);
    const { from, length } = payloadOf(frames, at);
    const payload = frames.subarray(from, from + length);
    if ((first & 0x8f) !== 0x81 || payload.length < length) {
      throw new Error(`what was sent is no text frame at byte ${at}`);
    }
    texts.push((first & 0x40) === 0 ? payload.toString("utf8") : inflated(payload));
    at = from + length;
  }
  return texts;
}

function payloadOf(frames: Buffer, at: number): { from: number; length: number } {
  const code = frames.readUInt8(at + 1);
  if (code < 126) return { from: at + 2, length: code };
  if (code === 126) return { from: at + 4, length: frames.readUInt16BE(at + 2) };
  return { from: at + 10, length: Number(frames.readBigUInt64BE(at + 2)) };
}

function inflated(payload: Buffer): string {
  const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: textBytesMax };
  return inflateRawSync(Buffer.concat([payload, flushTail]), options).toString("utf8");
}
