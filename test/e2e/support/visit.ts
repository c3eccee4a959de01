/** Somebody who looks at a page: a window of the browser that remembers nothing, and all that the page complains of. */
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { BrowserContext, Page, Request } from "playwright-core";
import type { Window } from "./window.ts";

/** How they look at it. */
export interface VisitOptions {
  /** Size of the window in pixels; 1,280 by 720 when left out. */
  readonly size?: { readonly width: number; readonly height: number };
  readonly theme?: "light" | "dark";
  /** Whether they want no motion, which tests mostly do not. */
  readonly reducedMotion?: boolean;
  readonly hasTouch?: boolean;
  /** Whether in a window of their own, as is needed where a test changes how its sockets or clock work. False when left out. */
  readonly hasOwnWindow?: boolean;
}

/** Sizes of windows. What is drawn is drawn by the processor here, so that they are as small as their arrangement of the page lets them. */
export const sizes = {
  wide: { width: 1_280, height: 720 },
  /** Has room for all of a book of twelve levels, also while its age is said above it. */
  high: { width: 1_280, height: 900 },
  middle: { width: 1_000, height: 760 },
  phone: { width: 375, height: 812 },
} as const;

/** A finding of axe. */
interface Finding {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly {
    readonly target: readonly string[];
    readonly failureSummary?: string;
  }[];
}

/** What a browser says of all that is under way when the machine gets another network, as other tests give it. */
const networkChanged = /net::ERR_NETWORK_CHANGED/;

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Rules of axe that look at colours. */
const rulesOfColours = ["color-contrast", "link-in-text-block"];
/** What leaves out the rules of which no finding is serious: axe gives a finding the weight of its rule. */
const seriousRules =
  "Object.fromEntries(axe._audit.rules.filter(({ impact }) => /minor|moderate/.test(impact)).map(({ id }) => [id, { enabled: false }]))";
/** Whether pictures for the documents are taken in this run. */
export const wantsPictures: boolean = process.env["OPENBOURSE_TEST_PICTURES"] !== undefined;
/** Where they go. */
const pictures = join(import.meta.dirname, "../../../docs/images");

/** How long a page that does not answer is asked what is seen, in milliseconds, and the most that is told of it, in characters. */
const seenMsMax = 5_000;
const seenTextMax = 2_000;
/** Most requests without an answer that are told. */
const lostMax = 20;

/** See the head of the file. */
export class Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly #faults: string[] = [];
  readonly #origin: string;
  /** Requests that have no answer, and why where it is known that none comes. */
  readonly #unanswered = new Map<Request, string>();
  #hasLostCode = false;
  #forgiven: readonly RegExp[] = [networkChanged];

  /** Begins to listen to what a window complains of. */
  constructor({ context, page }: Window, origin: string) {
    this.context = context;
    this.page = page;
    this.#origin = origin;
    this.#watch(page);
  }

  /** What the page has complained of, but for what was forgiven. */
  get faults(): readonly string[] {
    return this.#faults.filter((fault) => !this.#forgiven.some((known) => known.test(fault)));
  }

  /** Takes complaints for granted, such as those of a lost connection while a test stops the server. */
  forgive(...known: readonly RegExp[]): void {
    this.#forgiven = [...this.#forgiven, ...known];
  }

  /** Another tab of the same window. */
  async tab(path = "/"): Promise<Page> {
    const page = await this.context.newPage();
    this.#watch(page);
    await page.goto(this.#origin + path);
    return page;
  }

  /** Waits until the bar on top says that the page is live. */
  async live(page: Page = this.page): Promise<void> {
    await page.locator(".link-badge[data-state=live]").waitFor();
  }

  /**
   * What axe finds serious or worse in either theme, between which the page goes as it is: opening it anew costs most. In
   * `part` of the page alone, a selector, where the rest was looked at before.
   */
  async faultsInBothThemes(part?: string): Promise<readonly string[]> {
    await this.page.emulateMedia({ colorScheme: "light" });
    const faults = await this.accessibilityFaults({ part });
    await this.page.emulateMedia({ colorScheme: "dark" });
    // Nothing else is another one in the other theme.
    return [...faults, ...(await this.accessibilityFaults({ part, rules: rulesOfColours }))];
  }

  /** What axe finds serious or worse in a part of the page, or in all of it, by these rules, or by all, a line each. */
  async accessibilityFaults({
    part,
    rules,
  }: {
    readonly part?: string | undefined;
    readonly rules?: readonly string[];
  } = {}): Promise<readonly string[]> {
    // Handed over by the browser's own tools, which the page's policy does not bind.
    if (!(await this.page.evaluate("'axe' in globalThis"))) await this.page.evaluate(axe);
    const which =
      rules === undefined ? `rules: ${seriousRules}` : `runOnly: ${JSON.stringify(rules)}`;
    const where = part === undefined ? "document" : JSON.stringify({ include: [part] });
    const run = `axe.run(${where}, { resultTypes: ["violations"], ${which} }).then((found) => found.violations)`;
    const found: readonly Finding[] = await this.page.evaluate(run);
    return found
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary}`),
      );
  }

  /** What is seen, whether the page is drawn, and what it asked for in vain: for whoever looks for why a test failed. */
  async seen(): Promise<string> {
    const asked = Promise.all([
      this.page.evaluate("document.body.innerText"),
      this.page.evaluate(
        "new Promise((resolve) => requestAnimationFrame(() => resolve('is drawn')))",
      ),
    ]);
    const silent = pause(seenMsMax, ["nothing", "does not answer, or is not drawn"]);
    const [text, isDrawn] = await Promise.race([asked.catch((error) => [error, ""]), silent]);
    const lost = [...this.#unanswered].map(
      ([request, why]) => `${request.method()} ${new URL(request.url()).pathname}: ${why}`,
    );
    return [
      `--- ${new URL(this.page.url()).pathname}, which ${isDrawn}, shows:`,
      String(text).slice(0, seenTextMax),
      ...(lost.length === 0 ? [] : ["--- without an answer:", ...lost.slice(-lostMax)]),
      "---",
    ].join("\n");
  }

  /** Takes a picture for the documents, where `OPENBOURSE_TEST_PICTURES` asks for them. */
  async picture(name: string): Promise<void> {
    if (!wantsPictures) return;
    mkdirSync(pictures, { recursive: true });
    await this.page.screenshot({ path: join(pictures, `${name}.png`) });
  }

  #watch(page: Page): void {
    page.on("console", (message) => {
      // Without what may follow the path: there are keys among it.
      const [path] = message.location().url.split("?");
      if (message.type() === "error") this.#faults.push(`console: ${message.text()} ${path}`);
    });
    page.on("requestfinished", (request) => this.#unanswered.delete(request));
    page.on("requestfailed", (request) => {
      this.#unanswered.set(request, request.failure()?.errorText ?? "failed");
      const isLost = networkChanged.test(request.failure()?.errorText ?? "");
      if (!isLost || request.resourceType() !== "script") return;
      // Without a part of its code a page stays as it is: whoever looks at it loads it anew.
      this.#hasLostCode = true;
      page.reload().catch(() => {});
    });
    page.on("pageerror", (error) => {
      // The code that was lost is told without a word of its own.
      if (this.#hasLostCode && error.message === "") return;
      this.#faults.push(`exception: ${error.stack ?? error.message}`);
    });
    page.on("request", (request) => {
      this.#unanswered.set(request, "none yet");
      const url = request.url();
      if (!url.startsWith(`${this.#origin}/`) && !/^(blob|data):/.test(url))
        this.#faults.push(`request to another: ${url}`);
    });
    page.on("websocket", (socket) => {
      if (!socket.url().startsWith(`${this.#origin.replace("http", "ws")}/`))
        this.#faults.push(`stream to another: ${socket.url()}`);
    });
  }
}
