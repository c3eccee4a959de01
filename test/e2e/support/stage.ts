/**
 * A real server and a real browser for the tests of one file. Whatever a page complains of fails the test: errors in its
 * console, exceptions, what its own security policy forbids, requests to anybody but its server.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect } from "vitest";
import type { Clock } from "../../../server/src/ports/clock.ts";
import { buildPage } from "../../support/built-page.ts";
import { say } from "../../support/say.ts";
import { type ServerHere, startServerHere } from "../../support/server-here.ts";
import { chromiumPath, launchChromium } from "./chromium.ts";
import { sizes, Visit, type VisitOptions } from "./visit.ts";
import { leave, openWindow, renew, type Window } from "./window.ts";

/** What to start the server with; by default it is a demo as everybody starts it. */
export interface StageSetup {
  /** Settings by dotted path, for example `exchange.participants.enabled`. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** A configuration file; none when left out. */
  readonly file?: string;
  /** What tells the server the time; the machine's clock when left out. */
  readonly clock?: Clock;
}

interface OpenVisit {
  readonly visit: Visit;
  readonly window: Window;
  /** Whether its window is used for nothing else. */
  readonly isOwn: boolean;
}

/** See the head of the file. */
export class Stage {
  readonly #setup: StageSetup;
  readonly #folder = mkdtempSync(join(tmpdir(), "openbourse-e2e-"));
  readonly #visits: OpenVisit[] = [];
  #browser: Browser | undefined;
  #server: ServerHere | undefined;
  /** The port that was given at the first start, so that a restarted server is found again. */
  #port = 0;

  constructor(setup: StageSetup) {
    this.#setup = setup;
  }

  /** The server, in this process. */
  get server(): ServerHere {
    if (this.#server === undefined) throw new Error("the server does not run");
    return this.#server;
  }

  /** Address of the server, also while it is away. */
  get http(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The server's data folder. */
  get data(): string {
    return join(this.#folder, "data");
  }

  async open(): Promise<void> {
    await buildPage();
    [this.#browser] = await Promise.all([browserHere(), this.startServer()]);
  }

  /** Starts the server, or starts it again at the same address with the same data. */
  async startServer(): Promise<void> {
    const { settings = {}, file, clock } = this.#setup;
    this.#server = await startServerHere({
      data: this.data,
      ...(file === undefined ? {} : { file }),
      ...(clock === undefined ? {} : { clock }),
      settings: { ...settings, "server.port": this.#port },
    });
    this.#port = this.#server.server.port;
  }

  async stopServer(): Promise<void> {
    await this.#server?.server.stop();
    this.#server = undefined;
  }

  /** Opens a page in a browser window that remembers nothing, by way of `origin` where that leads to the server. */
  async visit(
    path = "/",
    { origin = this.http, ...options }: VisitOptions & { readonly origin?: string } = {},
  ): Promise<Visit> {
    if (this.#browser === undefined) throw new Error("the browser does not run");
    const { size = sizes.wide, theme = "dark", reducedMotion = true, hasTouch = false } = options;
    const look = { size, theme, reducedMotion };
    const isOwn = options.hasOwnWindow === true || origin !== this.http;
    const at = isOwn ? -1 : leftWindows.findIndex((window) => window.hasTouch === hasTouch);
    const [left] = at < 0 ? [] : leftWindows.splice(at, 1);
    if (left !== undefined) await renew(left, look);
    const window = left ?? (await openWindow(this.#browser, look, hasTouch));
    const visit = new Visit(window, origin);
    this.#visits.push({ visit, window, isOwn });
    await visit.page.goto(origin + path);
    return visit;
  }

  /** Says what is seen of each visit, for whoever looks for why a test failed. */
  async tellVisits(): Promise<void> {
    for (const { visit } of this.#visits) say(`${await visit.seen()}\n`);
  }

  /** Closes what the test has opened, and fails for what the pages complained of. */
  async endVisits(): Promise<void> {
    const visits = this.#visits.splice(0);
    const faults = visits.flatMap(({ visit }) => visit.faults);
    for (const { window, isOwn } of visits) {
      if (!isOwn && (await leave(window, this.http))) leftWindows.push(window);
      else await window.context.close();
    }
    expect(faults, "what the pages complained of").toEqual([]);
  }

  async close(): Promise<void> {
    await this.stopServer();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/**
 * All files of a process have one browser: to start one takes longer than most tests. It ends with the process, whose pipe it listens to,
 * however that ends.
 */
let browser: Browser | undefined;
/** Windows that were left, for the next visit. */
const leftWindows: Window[] = [];

async function browserHere(): Promise<Browser> {
  if (browser?.isConnected() !== true) {
    leftWindows.length = 0;
    browser = await launchChromium();
  }
  return browser;
}

/**
 * Describes what is seen in a browser; `body` gets the stage, which is open while its tests run. Without a
 * browser the tests are skipped, and say why.
 */
export function describeInBrowser(
  name: string,
  setup: StageSetup,
  body: (stage: Stage) => void,
): void {
  const why =
    "skipped: there is no Chromium; install Debian's chromium-headless-shell, or name one with OPENBOURSE_TEST_CHROMIUM";
  const title = chromiumPath === undefined ? `${name} (${why})` : name;
  describe.skipIf(chromiumPath === undefined)(title, () => {
    const stage = new Stage(setup);
    beforeAll(() => stage.open());
    afterEach(async ({ task }) => {
      if (task.result?.state === "fail") await stage.tellVisits();
      await stage.endVisits();
    });
    afterAll(() => stage.close());
    body(stage);
  });
}
