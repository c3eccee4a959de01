/** Turns one JSON log line into one line for people: `12:30:01 info  phrase key=value`, times in UTC. */

/** Widest level name is 5 letters. */
const levelWidth = 5;

/** Where the time of day stands in an ISO time. */
const timeOfDay = { from: 11, to: 19 } as const;

/** Characters that would move the cursor, break the line or hide text when printed on a terminal. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Values that can stand without quotes. */
const plainValue = /^[^\s"=]+$/;

/** Writes a line of the log, as made by `createLog`, for a terminal. Ends with a line feed. */
export function formatReadable(jsonLine: string): string {
  const entry: Record<string, unknown> = JSON.parse(jsonLine);
  const { time, level, msg, ...fields } = entry;
  const head = `${String(time).slice(timeOfDay.from, timeOfDay.to)} ${String(level).padEnd(levelWidth)}`;
  const pairs = Object.entries(fields).map(([name, value]) => ` ${name}=${formatValue(value)}`);
  return `${escapeUnprintable(`${head} ${msg}${pairs.join("")}`)}\n`;
}

function formatValue(value: unknown): string {
  if (typeof value !== "string") return String(value);
  return plainValue.test(value) ? value : JSON.stringify(value);
}

function escapeUnprintable(text: string): string {
  return text.replace(
    unprintable,
    (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ""}}`,
  );
}
