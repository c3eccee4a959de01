/** Reads `--map time=ts,price=p`: which column holds what. */
import { nearest } from "../ports/nearest.ts";

/** Columns by their roles, names or positions. */
export type ColumnMapping = Readonly<Record<string, string | number>>;

/** The columns of a mapping; a text says what is wrong with it. */
export function columnMapping(text: string, roles: readonly string[]): ColumnMapping | string {
  const columns: Record<string, string | number> = {};
  for (const part of text.split(",")) {
    const at = part.indexOf("=");
    const [role, column] = [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    if (at < 1 || column === "") return `--map ${part} is no role=column, as time=ts`;
    if (!roles.includes(role)) {
      const near = nearest(role, roles);
      const hint = near === undefined ? "" : `; did you mean ${near}?`;
      return `--map knows no ${role}${hint} (roles: ${roles.join(", ")})`;
    }
    if (columns[role] !== undefined) return `--map names ${role} twice`;
    columns[role] = /^\d{1,4}$/.test(column) ? Number(column) : column;
  }
  const numbers = Object.values(columns).filter((column) => typeof column === "number").length;
  if (numbers !== 0 && numbers !== Object.keys(columns).length) {
    return "--map has names and positions: columns have positions where there is no header, and names where there is one";
  }
  return columns;
}

/** Tickers: one for all rows, and others by the symbols of rows or of names of files. */
export interface NamedTickers {
  readonly ticker: string | undefined;
  readonly tickers: ReadonlyMap<string, string>;
}

/** Reads each `--ticker TICKER` or `--ticker SYMBOL=TICKER`; a text says what is wrong. */
export function namedTickers(texts: readonly string[]): NamedTickers | string {
  const tickers = new Map<string, string>();
  let ticker: string | undefined;
  for (const text of texts) {
    const at = text.indexOf("=");
    const name = text.slice(at + 1);
    if (name === "" || name.length > 64 || at === 0) {
      return `--ticker ${text} is neither TICKER nor SYMBOL=TICKER, of at most 64 characters`;
    }
    if (at > 0) tickers.set(text.slice(0, at), name);
    else if (ticker === undefined || ticker === name) ticker = name;
    else return `--ticker names ${ticker} and ${name} for the same rows: use SYMBOL=TICKER`;
  }
  return { ticker, tickers };
}
