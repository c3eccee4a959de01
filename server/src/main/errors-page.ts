/**
 * The page that `more_info` of an error body leads to: every code and every reason for which a
 * connection is closed, written from the tables of the protocols and of the gateway.
 */
import type { Page } from "../adapters/http/http-server.ts";
import { gatewayClosings } from "../adapters/ws/closings.ts";
import {
  type Closings,
  type ErrorGroup,
  type ErrorTable,
  type Protocol,
  words,
} from "../ports/protocol.ts";

const pagePath = "/docs/errors";

/** The page at `/docs/errors`; each part of a protocol, and each group of its errors, is an anchor. */
export function errorsPage(protocols: readonly Protocol[]): Page {
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>openbourse: errors</title>
<style>
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0;border-bottom:1px solid #8884}
</style>
<h1>Errors and close codes</h1>
<ul>
<li><a href="#closings">Why connections are closed</a></li>
${protocols.map(contentsLine).join("\n")}
</ul>
${[closingsPart(protocols), ...protocols.map(protocolPart)].join("\n")}
</html>
`;
  return { path: pagePath, html };
}

function contentsLine({ name, title, errors }: Protocol): string {
  return `<li><a href="#${name}">${escaped(title)}: ${escaped(errors.about)}</a></li>`;
}

function closingsPart(known: readonly Protocol[]): string {
  const protocols: readonly (readonly [string, Closings])[] = [
    ["every protocol", gatewayClosings],
    ...known.map(({ title, closings }) => [title, closings] as const),
  ];
  const rows = protocols.flatMap(([protocol, closings]) =>
    Object.entries(closings).map(([why, { code, reason }]) => [
      `${code}`,
      protocol,
      words(why),
      reason,
    ]),
  );
  const sorted = rows.toSorted(([left = ""], [right = ""]) => left.localeCompare(right));
  return `<h2 id="closings">Why connections are closed</h2>
${table(["code", "protocol", "why", "reason that is sent"], sorted)}`;
}

function protocolPart({ name, title, errors }: Protocol): string {
  return [
    `<h2 id="${name}">${escaped(title)}</h2>`,
    ...noteLine(errors.note),
    ...errors.groups.map(errorGroup),
  ].join("\n");
}

function errorGroup({ anchor, heading, note, content }: ErrorGroup): string {
  return [
    `<h3 id="${anchor}">${escaped(heading)}</h3>`,
    ...noteLine(note),
    isTable(content) ? table(content.heads, content.rows) : list(content),
  ].join("\n");
}

function isTable(content: ErrorGroup["content"]): content is ErrorTable {
  return "rows" in content;
}

function noteLine(note: string | undefined): readonly string[] {
  if (note === undefined) return [];
  return [`<p>${escaped(note).replaceAll(/`([^`]*)`/g, "<code>$1</code>")}</p>`];
}

function list(lines: readonly string[]): string {
  return `<ul>${lines.map((line) => `<li>${escaped(line)}</li>`).join("\n")}</ul>`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[], tag: "th" | "td") =>
    `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("")}</tr>`;
  return `<table>\n${[row(heads, "th"), ...rows.map((cells) => row(cells, "td"))].join("\n")}\n</table>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
