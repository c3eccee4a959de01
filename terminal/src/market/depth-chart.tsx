/** The depth chart: how much rests up to each price, on a canvas, with the exact sum where somebody points. */
import { add } from "@openbourse/client";
import { effect, signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { colors, theme } from "../app/preferences.ts";
import { Num } from "../design/num.tsx";
import { Panel } from "../design/panel.tsx";
import { onFrame } from "../frame.ts";
import { best, book, pickPrice } from "./book.ts";
import { paletteNow } from "./chart/palette.ts";
import { chosen } from "./chosen.ts";
import { depthCurve, reachOf } from "./depth-curve.ts";
import { drawDepth } from "./depth-drawing.ts";
import { panelState } from "./panel-state.ts";

/** Where somebody points: a part of the width, 0 to 1. */
const pointed = signal<number | undefined>(undefined);

/** See the head of the file. */
export function DepthChart() {
  const { state, bids, asks } = book.value;
  const isEmpty = state === "live" && (bids.length === 0 || asks.length === 0);
  const shown = isEmpty
    ? ({ is: "empty", text: "One side of the book is empty: there is no depth to show." } as const)
    : panelState(state !== "loading", undefined);
  return (
    <Panel title="Depth" hidesTitle state={shown}>
      <Canvas />
    </Panel>
  );
}

function Canvas() {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => (canvas.current === null ? undefined : run(canvas.current)), []);
  const { bid, ask } = best.value;
  return (
    <div class="depth-chart">
      <PointedAt />
      <canvas
        ref={canvas}
        role="img"
        aria-label={`Depth: the best bid is ${bid?.[0] ?? "none"}, the best ask ${ask?.[0] ?? "none"}`}
        onPointerMove={({ offsetX, currentTarget }) => {
          pointed.value = offsetX / currentTarget.clientWidth;
        }}
        onPointerLeave={() => {
          pointed.value = undefined;
        }}
        onClick={() => {
          const price = levelAt(pointed.peek())?.price;
          if (price !== undefined) pickPrice(price);
        }}
      />
    </div>
  );
}

/** Draws once a frame while there is something new. */
function run(canvas: HTMLCanvasElement): () => void {
  const draw = () => {
    const { bids, asks } = book.peek();
    const curve = depthCurve(bids, asks, reachOf(bids, asks));
    drawDepth(canvas, curve, pointed.peek(), paletteNow());
  };
  const observer = new ResizeObserver(() => onFrame(draw));
  observer.observe(canvas);
  const stop = effect(() => {
    void [book.value, pointed.value, theme.value, colors.value];
    onFrame(draw);
  });
  return () => {
    stop();
    observer.disconnect();
  };
}

function PointedAt() {
  const at = levelAt(pointed.value);
  return (
    <p class="read-out">
      {at === undefined ? null : (
        <>
          <span class="soft">{at.side === "bid" ? "down to" : "up to"}</span>
          <Num value={at.price} unit={chosen.value?.quote} />
          <span class="soft">rest</span>
          <Num value={at.sum} unit={chosen.value?.base} tone={at.side === "bid" ? "up" : "down"} />
        </>
      )}
    </p>
  );
}

/** The last level up to a place of the width, and the exact sum of all that rests until there. */
function levelAt(part: number | undefined) {
  const { bids, asks } = book.value;
  const curve = part === undefined ? undefined : depthCurve(bids, asks, reachOf(bids, asks));
  if (curve === undefined || part === undefined) return undefined;
  const price = curve.low + (curve.high - curve.low) * part;
  const side = price < (curve.low + curve.high) / 2 ? "bid" : "ask";
  const levels = side === "bid" ? bids : asks;
  const isWithin = (at: string) => (side === "bid" ? Number(at) >= price : Number(at) <= price);
  let sum = "0";
  let last: string | undefined;
  for (const [at, quantity] of levels) {
    if (!isWithin(at)) break;
    sum = add(sum, quantity);
    last = at;
  }
  return last === undefined ? undefined : ({ side, price: last, sum } as const);
}
