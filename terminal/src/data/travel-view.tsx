/** Time travel: a clock of this page's own in the recordings, with a timeline of their volume to choose a moment by. */
import {
  type Bar,
  ClientError,
  type ReplaySession,
  type ReplayState,
  type ReplayTimeline,
} from "@openbourse/client";
import { useEffect, useState } from "preact/hooks";
import { useKey } from "../app/keys.ts";
import { dateText, utcText } from "../app/times.ts";
import { Num } from "../design/num.tsx";
import { askFinazon as ask, travelStream } from "../session/finazon.ts";
import { type Travel, travel, travelSession, travelTo } from "../session/travel.ts";
import { InTurn } from "./in-turn.ts";

/** Between two looks at the clock, in milliseconds. */
const lookMs = 2_000;
const speeds = [0.5, 1, 5, 20, 60, 300, 3_600];
/** Height of the timeline, in its own units. */
const height = 40;

/** One clock, whoever shows it. */
const turns = new InTurn();

type Act = (replay: ReplaySession) => Promise<ReplayState>;

interface At {
  readonly dataset: string;
  readonly ticker: string;
}

/** See the head of the file. */
export function TravelView(at: At) {
  const [fault, setFault] = useState<string | undefined>(undefined);
  const now = travel.value;
  const act = (what: Act) => {
    turns.do(() =>
      ask((rest) => what(rest.replay(travelSession))).then(
        (state) => {
          setFault(undefined);
          travelTo(state);
        },
        (error: Error) => {
          setFault(error.message);
          if (isGone(error)) travelTo(undefined);
        },
      ),
    );
  };
  useEffect(() => {
    const look = () => {
      const isWanted = travel.value !== undefined && !document.hidden;
      if (isWanted && turns.isIdle) act((replay) => replay.state());
    };
    const timer = setInterval(look, lookMs);
    return () => clearInterval(timer);
  }, []);
  const isPlaying = now?.state === "playing";
  const playOrPause = () => act((replay) => (isPlaying ? replay.pause() : replay.play()));
  useKey("pause", playOrPause);
  useKey("step", () => act((replay) => replay.step()));
  if (now === undefined)
    return (
      <div class="travel">
        <p>
          A clock of your own: stop the recordings, go on trade by trade, leap to any moment and
          back. Nobody else notices.
        </p>
        <div>
          <button type="button" class="primary" onClick={() => act((replay) => replay.pause())}>
            Begin to travel
          </button>
        </div>
        {fault === undefined ? null : <p role="alert">{fault}</p>}
      </div>
    );
  return (
    <div class="travel">
      <Buttons now={now} act={act} playOrPause={playOrPause} />
      <Line {...at} clockMs={now.clockMs} seek={(ms) => act((replay) => replay.seek(ms))} />
      <Newest {...at} />
      {fault === undefined ? null : <p role="alert">{fault}</p>}
    </div>
  );
}

/** Whether the server has ended the session, as it does when nobody asks for a while. */
function isGone(error: Error): boolean {
  return (
    error instanceof ClientError && error.fault.kind === "refused" && error.fault.status === 404
  );
}

interface ButtonsProps {
  readonly now: Travel;
  act(what: Act): void;
  playOrPause(): void;
}

function Buttons({ now, act, playOrPause }: ButtonsProps) {
  const { clockMs, state, speed } = now;
  return (
    <div class="travel-buttons" role="toolbar" aria-label="Clock">
      <button type="button" class="primary" onClick={playOrPause}>
        {state === "playing" ? "Pause" : "Play"}
      </button>
      {(["trade", "second", "bar"] as const).map((step) => (
        <button key={step} type="button" onClick={() => act((replay) => replay.step(step))}>
          Next {step}
        </button>
      ))}
      <label>
        Speed{" "}
        <select
          value={String(speed)}
          onChange={(event) => {
            const wanted = Number(event.currentTarget.value);
            act((replay) => replay.setSpeed(wanted));
          }}
        >
          {[...new Set([...speeds, speed])].map((one) => (
            <option key={one} value={String(one)}>
              {one}×
            </option>
          ))}
        </select>
      </label>
      <button
        type="button"
        onClick={() => {
          travelTo(undefined);
          // After what is under way: an ended session would be asked for in vain.
          turns.do(() => ask((rest) => rest.replay(travelSession).end()).catch(() => {}));
        }}
      >
        End
      </button>
      <output aria-label="Your clock">
        {clockMs === undefined ? "…" : <time title={utcText(clockMs)}>{dateText(clockMs)}</time>}{" "}
        {state}
      </output>
    </div>
  );
}

interface LineProps extends At {
  readonly clockMs: number | undefined;
  seek(toMs: number): void;
}

/** The timeline is read again until the recording has been read to its end. */
function Line({ dataset, ticker, clockMs, seek }: LineProps) {
  const [line, setLine] = useState<ReplayTimeline | undefined>(undefined);
  useEffect(() => {
    const look = () => {
      if (travel.peek() === undefined) return;
      turns.do(() =>
        ask((rest) => rest.replay(travelSession).timeline(dataset, ticker)).then(setLine, () => {}),
      );
    };
    if (line?.isWhole === true) return;
    look();
    const timer = setInterval(look, lookMs);
    return () => clearInterval(timer);
  }, [dataset, ticker, line?.isWhole]);
  const { fromMs, toMs, bars = [], barMs = 1 } = line ?? {};
  if (fromMs === undefined || toMs === undefined || clockMs === undefined)
    return <p class="soft">The recording is being read.</p>;
  const length = Math.max(barMs, toMs - fromMs);
  const most = Math.max(...bars.map(({ volume }) => Number(volume)), Number.MIN_VALUE);
  return (
    <div class="travel-line">
      <svg viewBox={`0 0 1000 ${height}`} preserveAspectRatio="none" aria-hidden="true">
        {bars.map(({ startMs, volume }) => {
          const size = (Number(volume) / most) * height;
          return (
            <rect
              key={startMs}
              class={startMs > clockMs ? "is-ahead" : ""}
              x={((startMs - fromMs) / length) * 1_000}
              y={height - size}
              width={Math.max(1, (barMs / length) * 1_000)}
              height={size}
            />
          );
        })}
      </svg>
      <input
        type="range"
        aria-label="Moment of the recording"
        aria-valuetext={dateText(clockMs)}
        min={fromMs}
        max={toMs}
        step={1_000}
        value={Math.min(clockMs, toMs)}
        onChange={(event) => seek(Number(event.currentTarget.value))}
      />
    </div>
  );
}

/** Bars by the clock of this page, for as long as they are wanted, over a new stream where the key of one has run out. */
function followBars({ dataset, ticker }: At, tell: (bar: Bar) => void): () => void {
  let stop: (() => void) | undefined;
  let isWanted = true;
  const begin = () =>
    travelStream(travelSession).then(
      (stream) => {
        if (!isWanted) return stream.close();
        stream.bars({ dataset, tickers: [ticker] }).listen(tell);
        const unwatch = stream.states.listen(({ state }) => {
          // With a key that never was good it would be the same again.
          if (state === "closed" && stream.counts.received > 0 && isWanted) again();
        });
        stop = () => {
          unwatch();
          stream.close();
        };
        return undefined;
      },
      // Without the stream the clock still says where it is.
      () => {},
    );
  const again = () => {
    stop?.();
    void begin();
  };
  void begin();
  return () => {
    isWanted = false;
    stop?.();
  };
}

/** The running bar, by the clock of this page. */
function Newest({ dataset, ticker }: At) {
  const [bar, setBar] = useState<Bar | undefined>(undefined);
  useEffect(() => followBars({ dataset, ticker }, setBar), [dataset, ticker]);
  if (bar === undefined) return <p class="soft">No bar has been sent by this clock yet.</p>;
  return (
    <output aria-label="Running bar">
      <time title={utcText(bar.startMs)}>{dateText(bar.startMs)}</time>: open{" "}
      <Num value={bar.open} />, high <Num value={bar.high} />, low <Num value={bar.low} />, close{" "}
      <Num value={bar.close} />, volume <Num value={bar.volume} />
    </output>
  );
}
