/** Times for people: in the viewer's zone, with UTC for who points at them. */

const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const day = new Intl.DateTimeFormat(undefined, {
  year: "numeric",
  month: "short",
  day: "2-digit",
});

/** `14:05:09`. */
export function clockText(ms: number): string {
  return clock.format(ms);
}

/** `Nov 27, 2026 14:05:09`, as the viewer's language has it. */
export function dateText(ms: number): string {
  return `${day.format(ms)} ${clock.format(ms)}`;
}

/** `2026-11-27 14:05:09.250 UTC`. */
export function utcText(ms: number): string {
  return `${new Date(ms).toISOString().replace("T", " ").replace("Z", "")} UTC`;
}
