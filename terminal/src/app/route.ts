/** Which page is shown, and of which market: what stands in the address, and nothing secret ever does. */
import { type ReadonlySignal, signal } from "@preact/signals";

/** The pages, by path. */
export const pages = { "/": "Market", "/data": "Data", "/console": "Console" } as const;

/** Path of a page. */
export type PagePath = keyof typeof pages;

const page = signal<PagePath>(pageOf(location.pathname));
const market = signal<string | undefined>(marketOf(location.search));

/** The page that is shown. */
export const currentPage: ReadonlySignal<PagePath> = page;
/** The market that the address names, such as `BTC_USDT`. */
export const currentMarket: ReadonlySignal<string | undefined> = market;

/** Goes to a page, as a link does. */
export function goTo(path: PagePath): void {
  if (path === page.value) return;
  history.pushState(undefined, "", path + searchOf(path));
  page.value = path;
}

/** Shows another market; `isFirst` where nobody has chosen, so that there is nothing to go back to. */
export function chooseMarket(code: string, isFirst = false): void {
  if (code === market.value) return;
  market.value = code;
  const address = `/${searchOf("/")}`;
  if (isFirst && page.value === "/") history.replaceState(undefined, "", address);
  else if (page.value === "/") history.pushState(undefined, "", address);
  else goTo("/");
}

/** Follows the browser's own back and forward; called once by the application. */
export function watchAddress(): void {
  window.addEventListener("popstate", () => {
    page.value = pageOf(location.pathname);
    market.value = marketOf(location.search) ?? market.value;
  });
}

/** Handler of a link to a page: the browser keeps what it does with other buttons and keys. */
export function followLink(event: MouseEvent, path: PagePath): void {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return;
  event.preventDefault();
  goTo(path);
}

function searchOf(path: PagePath): string {
  const code = market.value;
  return path === "/" && code !== undefined ? `?market=${encodeURIComponent(code)}` : "";
}

function pageOf(path: string): PagePath {
  const plain = path.replace(/\/+$/, "") || "/";
  return Object.hasOwn(pages, plain) ? (plain as PagePath) : "/";
}

function marketOf(search: string): string | undefined {
  return new URLSearchParams(search).get("market") ?? undefined;
}
