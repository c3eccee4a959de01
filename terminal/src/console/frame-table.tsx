/** The frames: direction, time and size of each, the newest on top. A frame is opened to see all of it. */
import { useState } from "preact/hooks";
import { clockText, utcText } from "../app/times.ts";
import { Panel, type PanelState, ready } from "../design/panel.tsx";
import type { Frame } from "./frames.ts";
import { readable } from "./readable.ts";
import { clearFrames, isPaused, kinds, shown, shownMax, words } from "./store.ts";

/** Characters of a frame that are shown in its line. */
const lineMax = 400;

const kindNames = { in: "received", out: "sent", note: "notes" } as const;
const kindSigns = { in: "↓", out: "↑", note: "·" } as const;

/** See the head of the file. */
export function FrameTable() {
  const { frames, count } = shown.value;
  const [opened, setOpened] = useState<number | undefined>(undefined);
  return (
    <Panel title="Frames" class="console-frames" state={stateOf(frames, count)} actions={<Tools />}>
      <Told />
      <table class="table frames" aria-label="Frames">
        <thead>
          <tr>
            <th scope="col">Way</th>
            <th scope="col">Time</th>
            <th scope="col" class="end">
              Bytes
            </th>
            <th scope="col">Text</th>
          </tr>
        </thead>
        <tbody>
          {frames.map((frame) => (
            <FrameRow
              key={frame.number}
              frame={frame}
              isOpen={frame.number === opened}
              toggle={() => setOpened(frame.number === opened ? undefined : frame.number)}
            />
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

/** The filter stays where it is also when nothing passes it. */
function stateOf(frames: readonly Frame[], count: number): PanelState {
  if (frames.length > 0) return ready;
  if (count === 0)
    return { is: "empty", text: "Nothing was said yet: connect, or choose an example." };
  return { is: "empty", text: "No frame passes the filter." };
}

function Tools() {
  return (
    <span class="console-tools">
      <label>
        <span class="unseen">Filter frames</span>
        <input
          type="search"
          placeholder="Filter"
          value={words.value}
          onInput={(event) => {
            words.value = event.currentTarget.value;
          }}
        />
      </label>
      {(Object.keys(kindNames) as Frame["kind"][]).map((kind) => (
        <label key={kind} class="console-check">
          <input
            type="checkbox"
            checked={kinds.value.has(kind)}
            onChange={() => {
              const next = new Set(kinds.value);
              if (!next.delete(kind)) next.add(kind);
              kinds.value = next;
            }}
          />
          {kindNames[kind]}
        </label>
      ))}
      <button
        type="button"
        aria-pressed={isPaused.value}
        onClick={() => {
          isPaused.value = !isPaused.value;
        }}
      >
        {isPaused.value ? `Resume (${shown.value.waiting} new)` : "Pause"}
      </button>
      <button type="button" onClick={clearFrames}>
        Clear
      </button>
    </span>
  );
}

function Told() {
  const { frames, count, dropped } = shown.value;
  const parts = [
    `${count} frames`,
    ...(frames.length === shownMax
      ? [`the newest ${shownMax} that pass the filter are shown`]
      : []),
    ...(dropped === 0 ? [] : [`${dropped} older ones were dropped to bound the memory`]),
  ];
  return <p class="soft console-told">{parts.join(", ")}.</p>;
}

function FrameRow(props: { readonly frame: Frame; readonly isOpen: boolean; toggle(): void }) {
  const { frame, isOpen, toggle } = props;
  const { kind, text, bytes, atMs } = frame;
  const line = text.length > lineMax ? `${text.slice(0, lineMax)}…` : text;
  return (
    <tr class={`frame-${kind}`}>
      <td>
        <span aria-hidden="true">{kindSigns[kind]}</span>
        <span class="unseen">{kindNames[kind]}</span>
      </td>
      <td>
        <time dateTime={new Date(atMs).toISOString()} title={utcText(atMs)}>
          {clockText(atMs)}.{String(atMs % 1_000).padStart(3, "0")}
        </time>
      </td>
      <td class="end">{kind === "note" ? "" : bytes}</td>
      <td>
        {kind === "note" ? (
          <i>{text}</i>
        ) : (
          <button type="button" class="frame-text" aria-expanded={isOpen} onClick={toggle}>
            {isOpen ? <pre>{readable(text)}</pre> : <code>{line}</code>}
          </button>
        )}
      </td>
    </tr>
  );
}
