/** Progress of bounded feeds, on a terminal only: one line that is rewritten. */

/** Where progress is written. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** A line that shows how far feeds have come. */
export interface ProgressLine {
  show(dataset: string, share: number): void;
  clear(): void;
}

const eraseLine = "\r\x1b[K";

/** A progress line; silent when the output is not a terminal. */
export function progressLine(output: ProgressOutput): ProgressLine {
  const shown = new Map<string, number>();
  return {
    show(dataset, share) {
      if (output.isTTY !== true) return;
      const percent = Math.floor(share * 100);
      if (shown.get(dataset) === percent) return;
      shown.set(dataset, percent);
      const parts = Array.from(shown, ([name, done]) => `${name} ${done} %`);
      output.write(`${eraseLine}replay: ${parts.join("  ")}`);
      if (share >= 1) output.write("\n");
    },
    clear() {
      if (output.isTTY === true && shown.size > 0) output.write(eraseLine);
    },
  };
}
