/**
 * The page that `more_info` of an error body leads to: every code and every reason for which a
 * connection is closed, written from the tables of the dialects and of the gateway.
 */
import type { Page } from "../adapters/http/http-server.ts";
import { gatewayClosings } from "../adapters/ws/closings.ts";
import {
  closings as cryptomusClosings,
  streamErrorCodes as cryptomusStreamCodes,
  upgradeRefusals,
} from "../dialects/cryptomus/errors.ts";
import {
  accessErrors,
  restErrors as cryptomusRestErrors,
} from "../dialects/cryptomus/rest-errors.ts";
import {
  closings as finazonClosings,
  restErrors as finazonRestErrors,
  streamErrorCodes as finazonStreamCodes,
} from "../dialects/finazon/errors.ts";

const pagePath = "/docs/errors";

/** The page at `/docs/errors`; each code of Finazon, and each part, is an anchor. */
export function errorsPage(): Page {
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
<li><a href="#finazon">Finazon: codes in REST bodies and stream messages</a></li>
<li><a href="#cryptomus">Cryptomus: REST, the stream, refused upgrades</a></li>
</ul>
${[closingsPart(), finazonPart(), cryptomusPart()].join("\n")}
</html>
`;
  return { path: pagePath, html };
}

type Closings = Readonly<Record<string, { readonly code: number; readonly reason: string }>>;

function closingsPart(): string {
  const protocols: readonly (readonly [string, Closings])[] = [
    ["every protocol", gatewayClosings],
    ["Finazon", finazonClosings],
    ["Cryptomus", cryptomusClosings],
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

function finazonPart(): string {
  const codes = new Set([
    ...Object.values(finazonRestErrors).map(({ code }) => code),
    ...Object.values(finazonStreamCodes),
  ]);
  return `<h2 id="finazon">Finazon</h2>
<p>REST bodies have the code in <code>error.code</code>, stream messages in <code>code</code>.</p>
${[...codes].toSorted().map(finazonCode).join("\n")}`;
}

function finazonCode(code: string): string {
  const rest = Object.values(finazonRestErrors)
    .filter((row) => row.code === code)
    .map(({ status, message }) => `<li>HTTP ${status}: ${escaped(message)}</li>`);
  const stream = Object.entries(finazonStreamCodes)
    .filter(([, ofReason]) => ofReason === code)
    .map(([reason]) => `<li>stream: ${escaped(words(reason))}</li>`);
  return `<h3 id="${code}">${code}</h3>\n<ul>${[...rest, ...stream].join("\n")}</ul>`;
}

function cryptomusPart(): string {
  const refusals = Object.entries(cryptomusRestErrors).map(([why, { status, code, message }]) => [
    `${status}`,
    `${code}`,
    words(why),
    message,
  ]);
  const access = Object.entries(accessErrors).map(([why, { status, body }]) => [
    `${status}`,
    `${body.code ?? ""}`,
    words(why),
    body.message,
  ]);
  const stream = Object.entries(cryptomusStreamCodes).map(([why, code]) => [`${code}`, words(why)]);
  const upgrades = Object.entries(upgradeRefusals).map(([why, { status, message }]) => [
    `${status}`,
    words(why),
    message,
  ]);
  return `<h2 id="cryptomus">Cryptomus</h2>
<h3 id="cryptomus-rest">REST</h3>
<p>A list of faults of an input has status 422 and code 0. <code>{name}</code> stands for a value.</p>
${table(["status", "code", "why", "message"], [...refusals, ...access])}
<h3 id="cryptomus-stream">Stream</h3>
<p><code>error.code</code> of a reply: 1 for what is no request, 2 for everything else.</p>
${table(["code", "why"], stream)}
<h3 id="cryptomus-upgrades">Refused upgrades</h3>
${table(["status", "why", "message"], upgrades)}`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[], tag: "th" | "td") =>
    `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("")}</tr>`;
  return `<table>\n${[row(heads, "th"), ...rows.map((cells) => row(cells, "td"))].join("\n")}\n</table>`;
}

/** A name in our tables as words. */
function words(name: string): string {
  return name.replaceAll("-", " ");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
