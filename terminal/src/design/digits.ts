/** Exact figures cut into pieces for the eye. The pieces joined are the text that the server sent, digit for digit. */

/** How a piece is drawn. */
export interface DigitPiece {
  readonly text: string;
  /** `zero`: behind the point and of no value; `changed`: different from what stood there before. */
  readonly kind: "same" | "changed" | "zero";
  /** Whether a gap stands before it, as between thousands. It is space and no character, and is not copied. */
  readonly isGroup: boolean;
}

const plainDecimal = /^[+-]?\d+(\.\d+)?$/;

/**
 * The pieces of a decimal; anything else is one piece. `before` is the text that it takes the place of: digits from the first
 * different one on have changed.
 */
export function digitPieces(text: string, before?: string): readonly DigitPiece[] {
  if (!plainDecimal.test(text)) return [{ text, kind: "same", isGroup: false }];
  const point = text.indexOf(".") < 0 ? text.length : text.indexOf(".");
  const zeros = zerosFrom(text, point);
  const changed = changedFrom(text, before);
  const cuts = new Set([0, changed, zeros, ...thousandsOf(text, point)]);
  const starts = [...cuts].filter((at) => at < text.length).sort((a, b) => a - b);
  return starts.map((start, index) => ({
    text: text.slice(start, starts[index + 1]),
    kind: start >= zeros ? "zero" : start >= changed ? "changed" : "same",
    isGroup: start > 0 && start < point && isThousand(text, start, point),
  }));
}

/** Where the zeros without value begin; the point goes with them when nothing stands before them. */
function zerosFrom(text: string, point: number): number {
  if (point === text.length) return text.length;
  let at = text.length;
  while (text[at - 1] === "0") at -= 1;
  return at - 1 === point ? point : at;
}

/** Where the first digit stands that differs; figures of another length have changed as a whole. */
function changedFrom(text: string, before: string | undefined): number {
  if (before === undefined || before === text) return text.length;
  if (before.length !== text.length) return 0;
  let at = 0;
  while (text[at] === before[at]) at += 1;
  return at;
}

function thousandsOf(text: string, point: number): readonly number[] {
  const starts: number[] = [];
  for (let at = point - 3; at > 0 && isThousand(text, at, point); at -= 3) starts.push(at);
  return starts;
}

function isThousand(text: string, at: number, point: number): boolean {
  return (point - at) % 3 === 0 && /\d/.test(text[at - 1] ?? "");
}
