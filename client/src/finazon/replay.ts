/** A clock of one's own in the recordings of a server: asked where it is, and moved. */
import { fieldsOf } from "../exact-json.ts";

/** How far a step goes: to the next trade, the next whole second, or the end of the minute. */
export type ReplayStep = "trade" | "second" | "bar";

/** Where the clock of a session is. Times are milliseconds since 1970. */
export interface ReplayState {
  readonly session: string;
  /** `waiting`: nothing has been played yet. `ended`: all has been. */
  readonly state: "waiting" | "playing" | "paused" | "ended";
  readonly clockMs: number | undefined;
  /** The first trade of the recordings. */
  readonly firstMs: number | undefined;
  /** Seconds of the recording in a second. */
  readonly speed: number;
  readonly datasets: readonly string[];
}

/** Volume of a recording over time, the oldest first. */
export interface ReplayTimeline {
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  /** Whether the recording has been read to its end. */
  readonly isWhole: boolean;
  /** Length of a bar. */
  readonly barMs: number;
  readonly bars: readonly { readonly startMs: number; readonly volume: string }[];
}

/** Asks REST: the last part of the path, and the body where something is to be done. */
export type AskReplay = (action: string, body?: object) => Promise<unknown>;

/** A session; the server begins it with the first thing that it is to do, or the first stream that names it. */
export class ReplaySession {
  readonly #ask: AskReplay;

  constructor(ask: AskReplay) {
    this.#ask = ask;
  }

  async state(): Promise<ReplayState> {
    return stateOf(await this.#ask("state"));
  }

  async play(): Promise<ReplayState> {
    return stateOf(await this.#ask("play", {}));
  }

  async pause(): Promise<ReplayState> {
    return stateOf(await this.#ask("pause", {}));
  }

  /** Stops the clock and goes on by so much. */
  async step(step: ReplayStep = "trade"): Promise<ReplayState> {
    return stateOf(await this.#ask("step", { step }));
  }

  /** Leads the clock to a moment, in milliseconds since 1970, forward or back. */
  async seek(toMs: number): Promise<ReplayState> {
    return stateOf(await this.#ask("seek", { to: toMs / 1_000 }));
  }

  async setSpeed(speed: number): Promise<ReplayState> {
    return stateOf(await this.#ask("speed", { speed }));
  }

  /** Volume over time, also of what is still to come. */
  async timeline(dataset: string, ticker: string): Promise<ReplayTimeline> {
    const of = `dataset=${encodeURIComponent(dataset)}&ticker=${encodeURIComponent(ticker)}`;
    const answer = fieldsOf(await this.#ask(`timeline?${of}`));
    const rows = Array.isArray(answer["data"]) ? answer["data"].map(fieldsOf) : [];
    return {
      fromMs: msOf(answer["from"]),
      toMs: msOf(answer["to"]),
      isWhole: answer["whole"] === true,
      barMs: Number(answer["seconds"]) * 1_000,
      bars: rows.map(({ t, v }) => ({ startMs: Number(t) * 1_000, volume: String(v) })),
    };
  }

  /** Ends it. */
  async end(): Promise<void> {
    await this.#ask("end", {});
  }
}

function stateOf(answer: unknown): ReplayState {
  const { session, state, speed, datasets, at, first } = fieldsOf(answer);
  return {
    session: String(session),
    state: state as ReplayState["state"],
    clockMs: at === null || at === undefined ? undefined : Number(at) * 1_000,
    firstMs: msOf(first),
    speed: Number(speed),
    datasets: Array.isArray(datasets) ? datasets.map(String) : [],
  };
}

function msOf(time: unknown): number | undefined {
  return typeof time === "string" ? Date.parse(time) : undefined;
}
