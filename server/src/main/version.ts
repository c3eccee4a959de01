/** The version of this package. */
import { readFileSync } from "node:fs";

/** As written in package.json; the file lies beside `src` and beside `dist`. */
export function version(): string {
  const file = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
