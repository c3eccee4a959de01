/** Colours of the design for what draws by itself, such as a chart on a canvas. */

/** The value of a token as the current theme has it, such as `rgb(79, 224, 196)` for `--up`. */
export function colorOf(token: `--${string}`): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${token})`;
  document.documentElement.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
