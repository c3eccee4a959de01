/**
 * Cuts a stream of bytes into lines, however the bytes are divided into chunks. It keeps at most one
 * unfinished line and refuses to keep a line that is longer than the bound.
 */

/** Longest line that is read, in characters; a longer one is malformed. */
export const lineLengthMax = 65_536;

/**
 * More bytes than this cannot be a line within the bound: a unit of a character takes at most 3 in UTF-8, as does each of the
 * two that are dropped, the byte order mark and a carriage return whose line feed has not come yet.
 */
const keptBytesMax = (lineLengthMax + 2) * 3;

/** A line without its line end; undefined where it was longer than {@link lineLengthMax}. */
export type Line = string | undefined;

const newline = 10;
const carriageReturn = 13;
const byteOrderMark = "\uFEFF";
const nothing: Buffer = Buffer.alloc(0);

/** Splits at line feeds; a carriage return before one and a byte order mark at the start are dropped. */
export class LineSplitter {
  #kept: Buffer = nothing;
  #isOverlong = false;
  #isAtStart = true;

  /** The lines that this chunk completes. */
  push(chunk: Buffer): Line[] {
    const lastNewline = chunk.lastIndexOf(newline);
    if (lastNewline < 0) {
      this.#keep(chunk);
      return [];
    }
    const lines = this.#linesOf(chunk.subarray(0, lastNewline));
    this.#kept = nothing;
    this.#isOverlong = false;
    this.#keep(chunk.subarray(lastNewline + 1));
    return lines;
  }

  /** The last line where it has no line end: one line, or none. */
  end(): Line[] {
    if (this.#kept.length === 0 && !this.#isOverlong) return [];
    return this.#linesOf(nothing);
  }

  /** The kept start of a line followed by `rest`, as lines. */
  #linesOf(rest: Buffer): Line[] {
    const bytes = this.#kept.length === 0 ? rest : Buffer.concat([this.#kept, rest]);
    const lines: Line[] = bytes.toString("utf8").split("\n");
    if (this.#isAtStart && lines[0]?.startsWith(byteOrderMark)) lines[0] = lines[0].slice(1);
    this.#isAtStart = false;
    for (let at = 0; at < lines.length; at += 1) lines[at] = finished(lines[at] ?? "");
    if (this.#isOverlong) lines[0] = undefined;
    return lines;
  }

  #keep(bytes: Buffer): void {
    this.#isOverlong ||= this.#kept.length + bytes.length > keptBytesMax;
    if (this.#isOverlong) this.#kept = nothing;
    else this.#kept = this.#kept.length === 0 ? bytes : Buffer.concat([this.#kept, bytes]);
  }
}

function finished(line: string): Line {
  const length = line.length;
  const hasReturn = length > 0 && line.charCodeAt(length - 1) === carriageReturn;
  const end = hasReturn ? length - 1 : length;
  if (end > lineLengthMax) return undefined;
  return hasReturn ? line.slice(0, end) : line;
}
