/** WebSocket frames as a server sends them: unmasked, hence the same bytes for every client (RFC 6455, 5.2). */

const finalTextFrame = 0x81;
const length16 = 126;
const length64 = 127;

/** One complete text frame. */
export function frameText(text: string): Uint8Array {
  const length = Buffer.byteLength(text);
  const headerLength = length < length16 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(headerLength + length);
  frame[0] = finalTextFrame;
  if (headerLength === 2) {
    frame[1] = length;
  } else if (headerLength === 4) {
    frame[1] = length16;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = length64;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  frame.write(text, headerLength);
  return frame;
}
