/** A figure: the digits that the server sent, grouped, with idle zeros dimmed and a flash when it changes. It rounds nothing. */
import { useEffect, useRef } from "preact/hooks";
import { digitPieces } from "./digits.ts";

/** How long a changed figure flashes, in milliseconds. */
const flashMs = 250;

/** What is shown. */
export interface NumProps {
  /** An exact decimal as text; undefined shows a dash. */
  readonly value: string | undefined;
  /** Said behind it, such as a currency. */
  readonly unit?: string | undefined;
  /** Colours it, and the flash. */
  readonly tone?: "up" | "down" | undefined;
  /** Whether changes flash. */
  readonly flashes?: boolean;
  /** Whether the changed digits are brighter than the others. */
  readonly showsChange?: boolean;
}

/** See the head of the file. */
export function Num({ value, unit, tone, flashes = false, showsChange = false }: NumProps) {
  const element = useRef<HTMLSpanElement>(null);
  const before = useRef(value);
  const last = before.current;
  useEffect(() => {
    if (flashes && last !== undefined && value !== undefined && last !== value)
      flash(element.current, tone);
    before.current = value;
  }, [value]);
  const pieces = value === undefined ? [] : digitPieces(value, showsChange ? last : undefined);
  return (
    <span ref={element} class={tone === undefined ? "num" : `num ${tone}`}>
      {value === undefined ? <span class="soft">–</span> : null}
      {pieces.map(({ text, kind, isGroup }, index) => (
        <span key={index} class={pieceClass(kind, isGroup)}>
          {text}
        </span>
      ))}
      {unit === undefined || value === undefined ? null : <span class="unit"> {unit}</span>}
    </span>
  );
}

function pieceClass(kind: string, isGroup: boolean): string | undefined {
  const names = [kind === "same" ? "" : `digit-${kind}`, isGroup ? "digit-group" : ""];
  return names.filter((name) => name !== "").join(" ") || undefined;
}

/** Lights up the background of an element once, unless its reader wants no motion. */
export function flash(element: Element | null, tone: "up" | "down" | undefined): void {
  if (element === null || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const backgroundColor = tone === undefined ? "var(--surface-selected)" : `var(--${tone}-flash)`;
  element.animate([{ backgroundColor }, { backgroundColor: "transparent" }], flashMs);
}
