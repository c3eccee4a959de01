/** `kind: replay` as one value, for servers that list it among their feeds. */
import { existsSync } from "node:fs";
import type { FeedKind, OpenedBranch, OpenedFeed } from "../../ports/feed-kind.ts";
import type { OpenedReplay, ReplayMember } from "../../ports/replay.ts";
import { isPattern } from "../../recordings/sources.ts";
import {
  type ReplayFeedConfig,
  type ReplayOptions,
  replayFeedSchema,
  replayOptionsFault,
} from "./config.ts";
import { createReplayFeed, seatFor } from "./feed.ts";
import type { ReplayClock, Seat } from "./replay-clock.ts";
import { SharedTape } from "./shared-tape.ts";
import { TapePast } from "./tape-past.ts";

/** Recorded trades, played as if they happened now. */
export const replay: FeedKind<typeof replayFeedSchema> = {
  kind: "replay",
  configSchema: replayFeedSchema,
  open,
};

/** What others see of a feed's seat. */
class SeatReplay implements OpenedReplay {
  readonly #seat: Seat;
  readonly #mayShare: boolean;
  /** Let go with it; left out where it is one of several that play it. */
  readonly #whole: Whole | undefined;

  constructor(seat: Seat, mayShare: boolean, whole?: Whole) {
    this.#seat = seat;
    this.#mayShare = mayShare;
    this.#whole = whole;
  }

  get control(): ReplayClock {
    return this.#seat.clock;
  }

  get isSeeking(): boolean {
    return this.#seat.seekUs !== undefined;
  }

  share(other: OpenedReplay): boolean {
    if (!(other instanceof SeatReplay) || !this.#mayShare || !other.#mayShare) return false;
    const [own, { control }] = [this.control, other];
    if (own.kind !== control.kind || own.speed !== control.speed) return false;
    this.#seat.moveTo(control);
    return true;
  }

  attach(member: ReplayMember): void {
    this.control.attach(member);
  }

  async close(): Promise<void> {
    await this.#whole?.close();
  }
}

/** A recording, and all that its players share. */
class Whole {
  readonly options: ReplayOptions;
  readonly tape: SharedTape;
  #past: TapePast | undefined;

  constructor(options: ReplayOptions) {
    this.options = options;
    this.tape = new SharedTape(options);
  }

  /** It is played once more, from its beginning and at its own speed, by a clock of its own. */
  branch(): OpenedBranch {
    const options = { ...this.options, ...branchSettings };
    const seat = seatFor(options);
    return {
      feed: createReplayFeed(options, seat, this.tape),
      replay: new SeatReplay(seat, true),
      past: (context) => {
        this.#past ??= new TapePast(options, this.tape, context);
        return this.#past;
      },
      ...{ waitsForConsumers: false, waitsForAudience: false },
      ...{ isRecording: true, simulated: false },
    };
  }

  async close(): Promise<void> {
    await this.#past?.stop();
    this.#past = undefined;
    await this.tape.close();
  }
}

const branchSettings = { clock: "recorded", loop: false, speed: 1 } as const;

function open(config: ReplayFeedConfig, publisher: string): OpenedFeed | string {
  const options = replayOptions(config, publisher);
  if (typeof options === "string") return options;
  const fault = replayOptionsFault(options) ?? missingFile(options.files);
  if (fault !== undefined) return fault;
  const seat = seatFor(options);
  const whole = new Whole(options);
  return {
    feed: createReplayFeed(options, seat, whole.tape),
    replay: new SeatReplay(seat, config.start === "at-once" && !config.loop, whole),
    branch: () => whole.branch(),
    waitsForConsumers: config.speed === "max",
    waitsForAudience: config.start === "first-subscription",
    isRecording: true,
    simulated: false,
  };
}

/** The feed's own options: in the configuration file, format and columns stand side by side. */
function replayOptions(config: ReplayFeedConfig, publisher: string): ReplayOptions | string {
  const { files, ticker, tickers, venue, speed, clock, loop, sort } = config;
  const format = replayFormat(config);
  if (typeof format === "string") return format;
  const [fromUs, toUs] = [momentOf(config.from), momentOf(config.to)];
  for (const [name, us] of Object.entries({ from: fromUs, to: toUs })) {
    if (Number.isNaN(us)) return `${name} has to be a moment as 2024-08-08T10:00:00Z`;
  }
  const span = { fromUs, toUs };
  return { files, format, publisher, venue, ticker, tickers, speed, clock, loop, sort, ...span };
}

/** A moment in microseconds; not a number where it is none. */
function momentOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(text) * 1_000;
}

/** Better said at the start than when the first client has been waiting. */
function missingFile(files: readonly string[]): string | undefined {
  const missing = files.find((file) => !isPattern(file) && !existsSync(file));
  return missing && `there is no file ${missing}`;
}

function replayFormat(config: ReplayFeedConfig): ReplayOptions["format"] | string {
  const { format, columns, timeUnit, timeOriginUs, sides, priceDecimals, quantityDecimals } =
    config;
  if (format === "auto") {
    return { kind: "auto", columns, timeUnit, timeOriginUs, priceDecimals, quantityDecimals };
  }
  if (format !== "csv" && format !== "ndjson") return { kind: format };
  if (columns === undefined) return `format ${format} needs columns: price, quantity and time`;
  if (timeUnit === undefined) return `format ${format} needs timeUnit: one of s, ms, us, ns, iso`;
  const common = { timeUnit, timeOriginUs, sides, priceDecimals, quantityDecimals };
  if (format === "csv") return { kind: "csv", columns, separator: config.separator, ...common };
  const numbered = Object.entries(columns).find(([, column]) => typeof column === "number");
  if (numbered !== undefined) return `columns.${numbered[0]}: ndjson keys are texts, not positions`;
  return { kind: "ndjson", columns: columns as Record<keyof typeof columns, string>, ...common };
}
