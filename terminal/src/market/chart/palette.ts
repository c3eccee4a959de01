/** Colours of the chart, from the tokens of the page. */
import { colorOf } from "../../design/colors.ts";

/** See the head of the file. */
export interface Palette {
  readonly surface: string;
  readonly text: string;
  readonly line: string;
  readonly accent: string;
  readonly up: string;
  readonly down: string;
  readonly upSoft: string;
  readonly downSoft: string;
  readonly unknown: string;
  /** One for each line of an indicator, in turn. */
  readonly lines: readonly string[];
}

/** The colours as the theme has them now. */
export function paletteNow(): Palette {
  const [up, down, accent] = [colorOf("--up"), colorOf("--down"), colorOf("--accent")];
  return {
    surface: colorOf("--surface"),
    text: colorOf("--text-soft"),
    line: colorOf("--line"),
    ...{ accent, up, down },
    upSoft: faded(up, 0.35),
    downSoft: faded(down, 0.35),
    unknown: faded(colorOf("--warning"), 0.16),
    lines: [accent, colorOf("--warning"), colorOf("--replay"), colorOf("--text-faint")],
  };
}

/** A colour that lets through what is below it: `rgb(…)` with an opacity. */
export function faded(color: string, opacity: number): string {
  const parts = /^rgba?\((\d+)[, ]+(\d+)[, ]+(\d+)/.exec(color);
  if (parts === null) return color;
  const [, red, green, blue] = parts;
  return `rgba(${red}, ${green}, ${blue}, ${opacity})`;
}
