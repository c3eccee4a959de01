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
  /** Whether it is touched, which stays as it is. */
  readonly hasTouch: boolean;
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
  return { context, page: await context.newPage(), hasTouch };
}

/**
 * Ends a visit of a window that is used again: nothing goes on in it, and nothing is remembered of the server at `origin`.
 * Whether that was done; a server that is away leaves it as it is.
 */
export async function leave({ context, page }: Window, origin: string): Promise<boolean> {
  for (const tab of context.pages()) if (tab !== page) await tab.close();
  for (const event of [
    "console",
    "pageerror",
    "request",
    "requestfailed",
    "requestfinished",
    "websocket",
  ])
    page.removeAllListeners(event);
  await page.unrouteAll({ behavior: "ignoreErrors" });
  try {
    // What a page remembers belongs to its server: a page of it that runs nothing.
    await page.goto(`${origin}/healthz`);
  } catch {
    return false;
  }
  await page.evaluate("localStorage.clear(); sessionStorage.clear()");
  await Promise.all([context.clearPermissions(), context.clearCookies(), page.mouse.move(0, 0)]);
  return true;
}

/** Makes a window that was left look as wanted. */
export async function renew({ page }: Window, look: WindowLook): Promise<void> {
  await page.setViewportSize(look.size);
  await page.emulateMedia({ colorScheme: look.theme, reducedMotion: motionOf(look) });
}
