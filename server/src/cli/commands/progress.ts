/** Progress of what ends, on a terminal only: one line that is rewritten. */

/** Where progress is written. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** A line that shows how far things have come. */
export interface ProgressLine {
  show(name: string, share: number): void;
  clear(): void;
}

const eraseLine = "\r\x1b[K";

/** A progress line of what is going on; silent when the output is not a terminal. */
export function progressLine(output: ProgressOutput, what = "replay"): ProgressLine {
  const shown = new Map<string, number>();
  return {
    show(name, share) {
      if (output.isTTY !== true) return;
      const percent = Math.floor(share * 100);
      if (shown.get(name) === percent) return;
      shown.set(name, percent);
      const parts = Array.from(shown, ([each, done]) => `${each} ${done} %`);
      output.write(`${eraseLine}${what}: ${parts.join("  ")}`);
      if (share >= 1) output.write("\n");
    },
    clear() {
      if (output.isTTY === true && shown.size > 0) output.write(eraseLine);
    },
  };
}
