/** What passes here and can be recorded: what is sent to clients, and the frames of each venue. */
import type { Clock } from "../ports/clock.ts";
import type { FrameTap, VenueFrame } from "../ports/live-source.ts";
import type { Tap, TapHead } from "../ports/tap.ts";
import type { ServedDataset } from "./served-dataset.ts";

/** The taps of datasets whose frames can be looked at, by their codes. */
export function venueTaps(
  served: readonly ServedDataset[],
  clock: Clock,
): ReadonlyMap<string, Tap> {
  const taps = new Map<string, Tap>();
  for (const { dataset, opened } of served) {
    const tapFrames = opened?.tapFrames;
    if (tapFrames !== undefined) taps.set(dataset.code, venueTap(tapFrames, clock));
  }
  return taps;
}

function venueTap(tapFrames: (tap: FrameTap) => () => void, clock: Clock): Tap {
  return {
    open: (sink) =>
      tapFrames((frame) => {
        const { data } = frame;
        const head = headOf(frame, clock.nowUs());
        if (data === undefined) sink.passed(head);
        else if (typeof data === "string") sink.passed(head, Buffer.from(data));
        else sink.passed({ ...head, isBinary: true }, data);
      }),
  };
}

function headOf({ kind, connection, url }: VenueFrame, us: number): TapHead {
  const head = { t: words[kind], us, c: connection };
  return kind === "connect" || kind === "open" ? { ...head, addr: withoutQuery(url) } : head;
}

const words: Readonly<Record<VenueFrame["kind"], string>> = {
  ...{ connect: "connect", open: "open", send: "send", receive: "recv", close: "close" },
};

/** A token may be in the query. */
function withoutQuery(url: string): string {
  return url.split("?", 1)[0] ?? "";
}
