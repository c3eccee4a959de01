/**
 * The page that `more_info` of an error body leads to: every code and every reason for which a
 * connection is closed, written from the tables of the protocols and of the gateway.
 */
import { type Html, html, prose, type Shown } from "../adapters/http/docs/html.ts";
import { errorsPath, pageHtml } from "../adapters/http/docs/layout.ts";
import type { Page } from "../adapters/http/http-server.ts";
import { gatewayClosings } from "../adapters/ws/closings.ts";
import { type ErrorGroup, type ErrorTable, type Protocol, words } from "../ports/protocol.ts";
import type { Closings } from "../ports/stream-description.ts";

/** The page at `/docs/errors`; each part of a protocol, and each group of its errors, is an anchor. */
export function errorsPage(protocols: readonly Protocol[]): Page {
  const contents = html`<ul><li><a href="#closings">Why connections are closed</a></li>${protocols.map(contentsLine)}</ul>`;
  const main = html`<h1>Errors and close codes</h1>
${closingsPart(protocols)}
${protocols.map(protocolPart)}`;
  const title = "openbourse: errors";
  return { path: errorsPath, html: pageHtml({ title, contents, main }) };
}

function contentsLine({ name, title, errors }: Protocol): Html {
  return html`<li><a href="#${name}">${title}: ${errors.about}</a></li>`;
}

function closingsPart(known: readonly Protocol[]): Html {
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
  return html`<h2 id="closings">Why connections are closed</h2>
${table(["code", "protocol", "why", "reason that is sent"], sorted)}`;
}

function protocolPart({ name, title, errors }: Protocol): Html {
  return html`<h2 id="${name}">${title}</h2>
${noteLine(errors.note)}
${errors.groups.map(errorGroup)}`;
}

function errorGroup({ anchor, heading, note, content }: ErrorGroup): Html {
  return html`<h3 id="${anchor}">${heading}</h3>
${noteLine(note)}
${isTable(content) ? table(content.heads, content.rows) : list(content)}`;
}

function isTable(content: ErrorGroup["content"]): content is ErrorTable {
  return "rows" in content;
}

function noteLine(note: string | undefined): Shown {
  return note === undefined ? undefined : html`<p>${prose(note)}</p>`;
}

function list(lines: readonly string[]): Html {
  return html`<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): Html {
  return html`<div class="scroll" tabindex="0"><table>
<thead><tr>${heads.map((head) => html`<th>${head}</th>`)}</tr></thead>
<tbody>${rows.map((cells) => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>`;
}
