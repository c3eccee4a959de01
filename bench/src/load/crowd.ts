/**
 * Many WebSocket clients in a process of their own, written in C so that receiving costs little and is
 * not what is measured; a C compiler has to be there. It says how idle it was, which is the proof.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildCProgram } from "../harness/c-program.ts";
import { LineProcess } from "../harness/line-process.ts";
import { type ClientScript, encodeScripts } from "./crowd-scripts.ts";
import type { Bucket } from "./histogram.ts";

/** What was received since the last report; counters of all clients together. */
export interface CrowdReport {
  /** Clients that are connected and have their subscriptions. */
  readonly ready: number;
  readonly closed: number;
  readonly refused: number;
  readonly frames: number;
  /** Messages with a mark in them. */
  readonly marked: number;
  /** Marked messages whose time was cut by the end of a read, which are in no latency. */
  readonly cut: number;
  readonly bytes: number;
  /** Of the clients that read. */
  readonly framesLeast: number;
  readonly framesMost: number;
  readonly wallNs: number;
  readonly cpuNs: number;
  /** Time in which the crowd had nothing to read. */
  readonly idleNs: number;
  /** From publishing to reading. */
  readonly latency: readonly Bucket[];
  readonly worstNs: number;
}

/** How clients came in. */
export interface CrowdOpening {
  readonly ready: number;
  readonly refused: number;
  /** From the first connection to the last client that was ready. */
  readonly tookNs: number;
  /** From when a client was to connect until it was ready. */
  readonly latency: readonly Bucket[];
  readonly worstNs: number;
}

/** Whom to let in. */
export interface CrowdPlan {
  readonly count: number;
  /** Clients take turns with these. */
  readonly scripts: readonly ClientScript[];
  /** Messages that a client receives before it counts as ready, for instance replies; 0 for none. */
  readonly readyFrames: number;
  /** Time over which connections are begun evenly; 0 for as fast as they are accepted. */
  readonly spreadMs?: number;
}

/** The clients of one server on this machine. */
export class Crowd {
  readonly #process: LineProcess;
  readonly #folder = mkdtempSync(join(tmpdir(), "openbourse-crowd-"));

  /** The port of a server that listens on 127.0.0.1. */
  constructor(port: number) {
    this.#process = new LineProcess({ command: crowdProgram(), args: [String(port)] });
  }

  /** Connects clients; resolves when all of them are ready or have failed. */
  async open({ count, scripts, readyFrames, spreadMs = 0 }: CrowdPlan): Promise<CrowdOpening> {
    const file = join(this.#folder, "scripts");
    writeFileSync(file, encodeScripts(scripts));
    return JSON.parse(
      await this.#process.ask(`open ${count} ${spreadMs} ${readyFrames} ${file}`),
    ) as CrowdOpening;
  }

  /** What came since the last report; counting begins again. */
  report(): Promise<CrowdReport> {
    return this.#askReport("report");
  }

  /** Reports as soon as so many marked messages have come since the last report, or it took too long. */
  wait(marked: number, timeoutMs: number): Promise<CrowdReport> {
    return this.#askReport(`wait ${marked} ${timeoutMs}`);
  }

  /**
   * From now on the latency of every message is counted, from the last whole multiple of the period of
   * wall time: for servers that send by the clock and mark nothing.
   */
  phase(periodMs: number): Promise<CrowdReport> {
    return this.#askReport(`phase ${periodMs}`);
  }

  /** The first `count` clients stop reading, all others read. */
  pause(count: number): Promise<CrowdReport> {
    return this.#askReport(`pause ${count}`);
  }

  /** Resets every connection. */
  close(): Promise<CrowdReport> {
    return this.#askReport("close");
  }

  /** Ends the program. */
  async stop(): Promise<void> {
    await this.#process.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #askReport(command: string): Promise<CrowdReport> {
    return JSON.parse(await this.#process.ask(command)) as CrowdReport;
  }
}

/** Builds the program, or says what it takes to build it. */
function crowdProgram(): string {
  const program = buildCProgram("load/socket-crowd");
  if (program !== undefined) return program;
  throw new Error(
    "the clients of this benchmark are a C program and there is no C compiler: install one (on Debian: apt install gcc libc6-dev), or name it in CC",
  );
}
