/** Records from connection to connection: what lies between two of them is told in the files as a gap. */
import { setTimeout as wait } from "node:timers/promises";
import { systemClock } from "../../adapters/clock/system-clock.ts";
import type { RecordedLines } from "../../recordings/recorded-lines.ts";

/** How a connection ended. */
export interface Ended {
  /** Why, where that was not asked for. */
  readonly fault: string | undefined;
  /** Whether another try would end the same. */
  readonly isFinal?: boolean;
}

/** Something that can be connected to. */
export interface Connecting {
  /** Records one connection until it ends, or is to end. `begun` is called before its first line. */
  connect(signal: AbortSignal, begun: () => void): Promise<Ended>;
  /** Whether the end of the connection ends the recording. */
  readonly isOnce: boolean;
  /** Whether the first connection is waited for as later ones are. */
  readonly waitsForFirst: boolean;
  /** How long to wait before the next try, in milliseconds. */
  pauseMs(ended: { readonly hasBegun: boolean; readonly lastedMs: number }): number;
}

/** The time of lines, in microseconds since 1970. */
export const nowUs = (): number => clock.nowUs();
const clock = systemClock();

/** Tells whoever started the command. */
export function say(line: string): void {
  process.stderr.write(`record: ${line}\n`);
}

/** Records until it is stopped or cannot go on; resolves with why it could not. */
export async function keepRecording(
  lines: RecordedLines,
  connecting: Connecting,
): Promise<{ readonly fault: string | undefined }> {
  const stop = new AbortController();
  const end = () => stop.abort();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, end);
  let fault: string | undefined;
  lines.failed = (message) => {
    fault = message;
    stop.abort();
  };
  const gone = await keepConnecting(lines, connecting, stop.signal);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, end);
  await lines.close();
  return { fault: fault ?? gone };
}

/** Resolves when it is stopped, or with why it cannot go on. */
async function keepConnecting(
  lines: RecordedLines,
  { connect, isOnce, waitsForFirst, pauseMs }: Connecting,
  signal: AbortSignal,
): Promise<string | undefined> {
  let why = "nobody recorded";
  let said = "";
  let isFirst = true;
  for (;;) {
    const startedMs = clock.monotonicMs();
    let hasBegun = false;
    const ended = await connect(signal, () => {
      hasBegun = true;
      const toUs = nowUs();
      if (lines.lastUs > 0) lines.gap({ fromUs: lines.lastUs, toUs, why });
      if (!isFirst) say("connected again");
      isFirst = false;
    });
    if (signal.aborted) return undefined;
    const isLast = isOnce || ended.isFinal === true || (isFirst && !waitsForFirst);
    if (isLast) return ended.fault;
    const words = ended.fault ?? "the connection was closed";
    if (hasBegun || words !== said) say(`${words}; trying again until it is stopped`);
    said = words;
    if (hasBegun) why = words;
    const pause = pauseMs({ hasBegun, lastedMs: clock.monotonicMs() - startedMs });
    await wait(pause, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return undefined;
  }
}
