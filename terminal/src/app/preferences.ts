/**
 * How somebody likes the page: theme, colours, sizes. Kept by the browser; nothing that anybody could misuse is ever put
 * there. What another version has written and cannot be read is taken for nothing.
 */
import { effect, type Signal, signal } from "@preact/signals";

/** Light or dark; `system` follows the device. */
export type Theme = "system" | "light" | "dark";
/** Colours of what goes up and what goes down. */
export type Colors = "teal-orange" | "green-red" | "red-green";

const themes: readonly Theme[] = ["system", "light", "dark"];
const colorSets: readonly Colors[] = ["teal-orange", "green-red", "red-green"];
const storageKey = "openbourse.preferences";
/** Most sizes that are remembered. */
const sizesMax = 50;

/** The theme that is wanted. */
export const theme: Signal<Theme> = signal("system");
/** The colours that are wanted. */
export const colors: Signal<Colors> = signal("teal-orange");
/** Sizes of parts of the page in pixels, by name. */
const sizes: Signal<Readonly<Record<string, number>>> = signal({});

/** The remembered size of a part, or `otherwise`. */
export function sizeOf(name: string, otherwise: number): number {
  return sizes.value[name] ?? otherwise;
}

/** Remembers one. */
export function setSize(name: string, size: number): void {
  sizes.value = { ...sizes.value, [name]: size };
}

/** The theme after the current one, for a button that goes round. */
export function nextTheme(): void {
  theme.value = themes[(themes.indexOf(theme.value) + 1) % themes.length] ?? "system";
}

/** Reads what is remembered, and remembers and shows what is changed; called once by the application. */
export function usePreferences(): void {
  read();
  const root = document.documentElement;
  effect(() => {
    root.dataset["theme"] = theme.value;
    root.dataset["colors"] = colors.value;
  });
  effect(() => {
    const kept = { theme: theme.value, colors: colors.value, sizes: sizes.value };
    try {
      localStorage.setItem(storageKey, JSON.stringify(kept));
    } catch {
      // A browser that keeps nothing shows the page as it is.
    }
  });
}

function read(): void {
  try {
    const kept = JSON.parse(localStorage.getItem(storageKey) ?? "{}") as Record<string, unknown>;
    theme.value = oneOf(themes, kept["theme"]) ?? theme.value;
    colors.value = oneOf(colorSets, kept["colors"]) ?? colors.value;
    const known = Object.entries((kept["sizes"] ?? {}) as Record<string, unknown>);
    sizes.value = Object.fromEntries(
      known
        .flatMap(([name, size]) => (typeof size === "number" ? [[name, size] as const] : []))
        .slice(0, sizesMax),
    );
  } catch {
    // See the head of the file.
  }
}

function oneOf<T extends string>(known: readonly T[], value: unknown): T | undefined {
  return known.find((one) => one === value);
}
