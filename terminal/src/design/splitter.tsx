/** A line between two parts of the page that can be dragged, or moved by arrows. It knows a size in pixels and nothing else. */
import { useRef } from "preact/hooks";

/** What is shown. */
export interface SplitterProps {
  /** What it changes the size of, for screen readers. */
  readonly label: string;
  /** The way in which it moves. */
  readonly axis: "x" | "y";
  /** Size in pixels of the part that it changes, and its bounds. */
  readonly size: number;
  readonly min: number;
  readonly max: number;
  /** Whether moving to the right, or down, makes that part smaller. */
  readonly isReversed?: boolean;
  onSize(size: number): void;
}

/** Pixels of one press of an arrow. */
const arrowStep = 16;

/** See the head of the file. */
export function Splitter(props: SplitterProps) {
  const { label, axis, size, min, max, isReversed = false, onSize } = props;
  const drag = useRef<{ readonly at: number; readonly size: number } | undefined>(undefined);
  const place = (event: PointerEvent) => (axis === "x" ? event.clientX : event.clientY);
  const set = (wanted: number) => onSize(Math.round(Math.min(max, Math.max(min, wanted))));
  const sign = isReversed ? -1 : 1;
  const onKeyDown = (event: KeyboardEvent) => {
    const [less, more] = axis === "x" ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
    if (event.key !== less && event.key !== more) return;
    event.preventDefault();
    event.stopPropagation();
    set(size + (event.key === more ? arrowStep : -arrowStep) * sign);
  };
  return (
    <hr
      class={`splitter ${axis}`}
      tabIndex={0}
      aria-label={label}
      aria-orientation={axis === "x" ? "vertical" : "horizontal"}
      aria-valuenow={size}
      aria-valuemin={min}
      aria-valuemax={max}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        drag.current = { at: place(event), size };
        (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        const start = drag.current;
        if (start !== undefined) set(start.size + (place(event) - start.at) * sign);
      }}
      onPointerUp={() => {
        drag.current = undefined;
      }}
      onPointerCancel={() => {
        drag.current = undefined;
      }}
    />
  );
}
