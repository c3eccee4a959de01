/**
 * The browser of the tests: Debian's Chromium without windows, which takes two thirds of the processor's time that the
 * whole one takes, or else that one, or the one that `OPENBOURSE_TEST_CHROMIUM` names. None is downloaded.
 */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const wholeOnes = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const named = process.env["OPENBOURSE_TEST_CHROMIUM"];

const firstOf = (paths: readonly (string | undefined)[]): string | undefined =>
  paths.find((path) => path !== undefined && existsSync(path));

/** Where it is; undefined where there is none. */
export const chromiumPath: string | undefined = firstOf([
  named,
  "/usr/bin/chromium-headless-shell",
  ...wholeOnes,
]);

/** The browser as people use it, for what is measured. */
export const wholeChromiumPath: string | undefined = firstOf([named, ...wholeOnes]);

/** Nothing but the page: no sandbox for root, no graphics card, no talk with anybody else. */
const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts it, with a folder of its own that is gone afterwards. */
export function launchChromium(path: string | undefined = chromiumPath): Promise<Browser> {
  if (path === undefined) throw new Error("there is no Chromium");
  return chromium.launch({ executablePath: path, args: flags, headless: true });
}
