/** The page that `more_info` of an error body leads to: every code, written from the dialect's tables. */
import type { Page } from "../adapters/http/http-server.ts";
import { restErrors, streamErrorCodes } from "../dialects/finazon/errors.ts";

const pagePath = "/docs/errors";

/** The page at `/docs/errors`; each code is an anchor. */
export function errorsPage(): Page {
  const codes = new Set([
    ...Object.values(restErrors).map(({ code }) => code),
    ...Object.values(streamErrorCodes),
  ]);
  const sections = [...codes].toSorted().map(section);
  const html = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>openbourse: errors</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}</style>
<h1>Errors</h1>
<p>Codes of the Finazon protocol, in REST bodies (<code>error.code</code>) and stream messages (<code>code</code>).</p>
${sections.join("\n")}
</html>
`;
  return { path: pagePath, html };
}

function section(code: string): string {
  const rest = Object.values(restErrors)
    .filter((row) => row.code === code)
    .map(({ status, message }) => `<li>HTTP ${status}: ${escaped(message)}</li>`);
  const stream = Object.entries(streamErrorCodes)
    .filter(([, ofReason]) => ofReason === code)
    .map(([reason]) => `<li>stream: ${escaped(reason.replaceAll("-", " "))}</li>`);
  return `<h2 id="${code}">${code}</h2>\n<ul>${[...rest, ...stream].join("\n")}</ul>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
