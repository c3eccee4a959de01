/** CRC-32 as zlib has it (ISO 3309), of a text of ASCII characters. */
let table: Uint32Array | undefined;

function makeTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let remainder = byte;
    for (let bit = 0; bit < 8; bit += 1) {
      remainder = remainder & 1 ? 0xedb88320 ^ (remainder >>> 1) : remainder >>> 1;
    }
    return remainder;
  });
}

/** 0 to 4,294,967,295. */
export function crc32(text: string): number {
  table ??= makeTable();
  let sum = 0xffffffff;
  for (let at = 0; at < text.length; at += 1) {
    sum = (table[(sum ^ text.charCodeAt(at)) & 0xff] ?? 0) ^ (sum >>> 8);
  }
  return (sum ^ 0xffffffff) >>> 0;
}
