/** MD5 (RFC 1321), which the service's signatures are made with and which no browser offers. Not for anything else. */

const shifts: readonly number[] = [
  ...[7, 12, 17, 22, 5, 9, 14, 20],
  ...[4, 11, 16, 23, 6, 10, 15, 21],
];
const sines: readonly number[] = Array.from({ length: 64 }, (_, index) =>
  Math.floor(Math.abs(Math.sin(index + 1)) * 2 ** 32),
);
const blockBytes = 64;

/** Lower-case hexadecimal MD5 of bytes. */
export function md5Hex(bytes: Uint8Array): string {
  const padded = pad(bytes);
  const state = new Uint32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]);
  for (let at = 0; at < padded.byteLength; at += blockBytes) takeBlock(state, padded, at);
  const digest = new DataView(new ArrayBuffer(16));
  for (const [index, word] of state.entries()) digest.setUint32(index * 4, word, true);
  return Array.from(new Uint8Array(digest.buffer), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}

/** A one bit, zeros, and the length in bits, to a multiple of a block. */
function pad(bytes: Uint8Array): DataView {
  const length = Math.ceil((bytes.length + 9) / blockBytes) * blockBytes;
  const padded = new Uint8Array(length);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(length - 8, BigInt(bytes.length) * 8n, true);
  return view;
}

function takeBlock(state: Uint32Array, block: DataView, at: number): void {
  let [a = 0, b = 0, c = 0, d = 0] = state;
  for (let step = 0; step < 64; step += 1) {
    const [mixed, word] = mix(step, { b, c, d });
    const sum = (a + mixed + (sines[step] ?? 0) + block.getUint32(at + word * 4, true)) | 0;
    const shift = shifts[(step >>> 4) * 4 + (step & 3)] ?? 0;
    [a, d, c, b] = [d, c, b, (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0];
  }
  [a, b, c, d].forEach((word, index) => {
    state[index] = ((state[index] ?? 0) + word) >>> 0;
  });
}

/** What a step mixes in, and which word of the block it takes. */
function mix(
  step: number,
  { b, c, d }: { readonly b: number; readonly c: number; readonly d: number },
): readonly [number, number] {
  if (step < 16) return [(b & c) | (~b & d), step];
  if (step < 32) return [(d & b) | (~d & c), (5 * step + 1) % 16];
  if (step < 48) return [b ^ c ^ d, (3 * step + 5) % 16];
  return [c ^ (b | ~d), (7 * step) % 16];
}
