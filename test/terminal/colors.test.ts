import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const tokensFile = new URL("../../terminal/src/design/tokens.css", import.meta.url);
const css = readFileSync(tokensFile, "utf8");

const tokens = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#\w+), (#\w+)\)/g)].map(
    ([, name = "", light = "", dark = ""]) => [name, { light, dark }],
  ),
);

/** Relative luminance (WCAG 2.2). */
function luminance(color: string): number {
  const channel = (at: number) => {
    const value = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

const themes = ["light", "dark"] as const;
const colorOf = (name: string, theme: "light" | "dark") => tokens.get(name)?.[theme] ?? "#";

describe.each(themes)("Colours of the %s theme", (theme) => {
  const surfaces = ["surface", "surface-raised", "surface-float", "surface-selected"];
  const ratio = (text: string, surface: string) =>
    contrast(colorOf(text, theme), colorOf(surface, theme));

  it.each(["text", "text-soft", "text-faint", "accent", "warning", "danger"])(
    "let %s be read on every surface",
    (text) => {
      for (const surface of surfaces) expect(ratio(text, surface), surface).toBeGreaterThan(4.5);
    },
  );

  it.each(["text", "teal", "orange", "green", "red"])("let prices in %s be read easily", (text) => {
    expect(ratio(text, "surface")).toBeGreaterThan(7);
  });

  it.each([
    ["on-accent", "accent"],
    ["warning", "warning-surface"],
    ["danger", "danger-surface"],
    ["replay", "replay-surface"],
    ["text", "replay-surface"],
    ["text-soft", "replay-surface"],
  ])("let %s be read on %s", (text, surface) => {
    expect(ratio(text, surface)).toBeGreaterThan(4.5);
  });

  it.each([
    ["teal", "orange"],
    ["green", "red"],
  ])("tell %s from %s by lightness too", (one, other) => {
    expect(contrast(colorOf(one, theme), colorOf(other, theme))).toBeGreaterThan(1.25);
  });
});
