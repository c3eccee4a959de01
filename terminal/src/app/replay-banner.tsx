/** Says on every page that what is shown is a recording, and what time it is in it. */
import { replayClocks } from "../session/replays.ts";
import { travel } from "../session/travel.ts";
import { dateText, utcText } from "./times.ts";

/** See the head of the file; draws nothing where nothing is a replay. */
export function ReplayBanner() {
  const replays = replayClocks.value;
  const own = travel.value;
  if (replays.length === 0 && own === undefined) return null;
  return (
    <div class="replay-banner" role="note">
      {own?.clockMs === undefined ? null : (
        <span>
          Your own clock: <time title={utcText(own.clockMs)}>{dateText(own.clockMs)}</time> (
          {own.state})
        </span>
      )}
      {replays.map(({ dataset, name, clockMs, speed, state }) => (
        <span key={dataset}>
          Replay of {name}:{" "}
          <time dateTime={new Date(clockMs).toISOString()} title={utcText(clockMs)}>
            {dateText(clockMs)}
          </time>{" "}
          {stateWords(state, speed)}
        </span>
      ))}
    </div>
  );
}

function stateWords(state: string, speed: number): string {
  if (state === "finished") return "(over)";
  if (state === "failed") return "(failed)";
  if (speed === 1) return "";
  return speed === 0 ? "(as fast as possible)" : `(${speed} times as fast)`;
}
