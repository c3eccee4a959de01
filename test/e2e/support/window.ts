/**
 * Windows of the browser. One is used for one visit after another, as if nobody had been there before: what a browser does
 * for a new one takes as long as the rest of most visits.
 */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { patience } from "../../support/patience.ts";

/** How a window is. */
export interface WindowLook {
  readonly size: { readonly width: number; readonly height: number };
  readonly theme: "light" | "dark";
  readonly reducedMotion: boolean;
}

/** A window, and the tab that it begins with. */
export interface Window {
  readonly context: BrowserContext;
  readonly page: Page;
}

const motionOf = ({ reducedMotion }: WindowLook) => (reducedMotion ? "reduce" : "no-preference");

/** Opens a window. */
export async function openWindow(
  browser: Browser,
  look: WindowLook,
  hasTouch: boolean,
): Promise<Window> {
  const context = await browser.newContext({
    viewport: look.size,
    colorScheme: look.theme,
    reducedMotion: motionOf(look),
    hasTouch,
  });
  context.setDefaultTimeout(patience.wait);
  return { context, page: await context.newPage() };
}

/** Ends a visit of a window that is used again: nothing goes on in it. */
export async function leave({ context, page }: Window): Promise<void> {
  for (const tab of context.pages()) if (tab !== page) await tab.close();
  for (const event of ["console", "pageerror", "request", "requestfailed", "websocket"])
    page.removeAllListeners(event);
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await page.goto("about:blank");
}

/** Makes a window that was left look as wanted, and forget all that it remembers of a server. */
export async function renew(
  { context, page }: Window,
  look: WindowLook,
  origin: string,
): Promise<void> {
  await page.setViewportSize(look.size);
  await page.emulateMedia({ colorScheme: look.theme, reducedMotion: motionOf(look) });
  await page.mouse.move(0, 0);
  await Promise.all([context.clearPermissions(), context.clearCookies()]);
  // What a page remembers belongs to its server: a page of it that runs nothing.
  await page.goto(`${origin}/healthz`);
  await page.evaluate("localStorage.clear(); sessionStorage.clear()");
}
