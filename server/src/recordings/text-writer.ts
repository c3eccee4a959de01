/** Writes rows as CSV or as one JSON object a line. Decimals are texts in both, so that nobody rounds them. */
import { type Cell, type Column, cellText } from "./row-cells.ts";

/** What exported text looks like. */
export type TextFormat = "csv" | "ndjson";

/** The line before all rows; undefined where there is none. */
export function headerText<Row>(format: TextFormat, columns: readonly Column<Row>[]): string {
  return format === "csv" ? `${columns.map(({ name }) => name).join(",")}\n` : "";
}

/** Lines of rows. */
export function rowsText<Row>(
  format: TextFormat,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): string {
  const line = format === "csv" ? csvLine : jsonLine;
  let text = "";
  for (const row of rows) text += line(columns, row);
  return text;
}

function csvLine<Row>(columns: readonly Column<Row>[], row: Row): string {
  return `${columns.map((column) => csvField(cellText(column.cell(row)))).join(",")}\n`;
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function jsonLine<Row>(columns: readonly Column<Row>[], row: Row): string {
  const members = columns.map((column) => `"${column.name}":${jsonValue(column.cell(row))}`);
  return `{${members.join(",")}}\n`;
}

function jsonValue(cell: Cell): string {
  if (cell === undefined) return "null";
  return cell.kind === "count" ? String(cell.value) : JSON.stringify(cellText(cell));
}
