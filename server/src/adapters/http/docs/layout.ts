/** What all pages below `/docs` have: the bar on top, their style and script, and what a browser may load. */
import { type Html, html, type Shown } from "./html.ts";

/** Where the page is. */
export const docsPath = "/docs";

/** Where the page about errors is. */
export const errorsPath = "/docs/errors";

/** Where the documents for programs are. */
export const documentPaths = {
  rest: "/docs/openapi.json",
  streams: "/docs/asyncapi.json",
  streamsYaml: "/docs/asyncapi.yaml",
} as const;

/** Where files of the pages are. */
export const assetsPath = "/docs/assets";

/** What a page consists of. */
export interface PageParts {
  readonly title: string;
  /** Links of the side; none where it is empty. */
  readonly contents: Shown;
  readonly main: Shown;
}

/** A whole page. */
export function pageHtml({ title, contents, main }: PageParts): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="${assetsPath}/icon.svg">
<link rel="stylesheet" href="${assetsPath}/docs.css">
<script src="${assetsPath}/docs.js" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header>
<a class="mark" href="/">openbourse</a>
<nav aria-label="Pages"><a href="${docsPath}#rest">REST</a> <a href="${docsPath}#streams">Streams</a> <a href="${errorsPath}">Errors</a></nav>
<label class="search"><span>Search</span><input type="search" id="search" placeholder="Search  /" autocomplete="off"></label>
<button type="button" id="theme" aria-label="Switch between light and dark">◐</button>
</header>
<div class="columns">
${contents === undefined ? undefined : sideHtml(contents)}
<main id="main" tabindex="-1">
<p id="nothing" role="status" hidden>Nothing here has all of these words.</p>
${main}
</main>
</div>
</body>
</html>
`.text;
}

function sideHtml(contents: Shown): Html {
  return html`<nav class="side" aria-label="Contents">${contents}</nav>`;
}
