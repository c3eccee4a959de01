/**
 * gRPC as the rest of the server sees it: a thread that takes calls in, and the answers to them. A thread that has ended by
 * itself is started again.
 */
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { Log } from "../../ports/log.ts";
import type { RpcAnswer, RpcServices } from "../../ports/rpc.ts";
import { StartError } from "../../ports/start-error.ts";
import { Turns } from "../peers/turns.ts";
import { missingLibrary } from "./library.ts";
import type {
  FromThread,
  GrpcBounds,
  GrpcFigures,
  PostedCall,
  ThreadStart,
  TlsFiles,
  ToThread,
} from "./messages.ts";

/** How long after it has ended a thread is started again, in milliseconds. */
const restartMs = 1_000;

/** How long past its grace a thread may take to end, in milliseconds. */
const lateMs = 1_000;

/** Memory of a thread's objects, in megabytes; one that needs more ends. */
const heapMbMax = 512;

/** How often it is written to the log that quantities have lost their fraction, in milliseconds. */
const warnedMs = 60_000;

/** What to serve. */
export interface GrpcOptions {
  readonly services: readonly RpcServices[];
  /** Where `.proto` files are. */
  readonly protoFolder: URL;
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly tls: TlsFiles | undefined;
  readonly bounds: GrpcBounds;
  /** Milliseconds of each turn of the event loop for calls, under load. */
  readonly callsMsPerTurn: number;
  readonly log: Log;
  /** A time for rates. */
  nowMs(): number;
  monotonicMs(): number;
}

/** Where it cannot listen: the code is the system's. */
export class ListenError extends Error {
  override readonly name = "ListenError";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** A call that is being answered. */
interface Pending {
  isGone: boolean;
}

/** A server that listens. */
export class GrpcServer {
  readonly #options: GrpcOptions;
  readonly #turns: Turns;
  readonly #services: ReadonlyMap<string, RpcServices>;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #port: number;
  #tls: TlsFiles | undefined;
  /** What threads had counted that have ended. */
  #before = nothing;
  #figures = nothing;
  #warnedInexact = 0;
  #warnedAtMs = Number.NEGATIVE_INFINITY;
  #restarting: NodeJS.Timeout | undefined;
  #isStopping = false;

  private constructor(options: GrpcOptions) {
    const { services, port, tls, callsMsPerTurn: msPerTurn, monotonicMs } = options;
    this.#options = options;
    this.#port = port;
    this.#tls = tls;
    this.#turns = new Turns({ msPerTurn, monotonicMs, nextTurn: (task) => setImmediate(task) });
    this.#services = new Map(
      services.flatMap((one) => Array.from(one.replies.keys(), (path) => [path, one] as const)),
    );
  }

  /** Starts to listen. A `StartError` says what is not installed; a {@link ListenError} why it cannot. */
  static async listen(options: GrpcOptions): Promise<GrpcServer> {
    const missing = missingLibrary();
    if (missing !== undefined) throw new StartError(missing);
    const server = new GrpcServer(options);
    await server.#start();
    return server;
  }

  /** The port that was taken. */
  get port(): number {
    return this.#port;
  }

  /** What is counted, as it was a second ago at most. */
  get figures(): GrpcFigures {
    return this.#figures;
  }

  /** Shows another certificate to clients that come from now on. */
  renewTls(tls: TlsFiles): void {
    this.#tls = tls;
    this.#tell({ kind: "certificate", tls });
  }

  /** Takes no new calls, lets those under way end for so long, and ends the rest. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#restarting);
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = once(worker, "exit");
    this.#tell({ kind: "stop", graceMs });
    const late = setTimeout(() => void worker.terminate(), graceMs + lateMs);
    await ended;
    clearTimeout(late);
  }

  async #start(): Promise<void> {
    const { host, bounds, services, protoFolder } = this.#options;
    const workerData: ThreadStart = {
      ...{ host, port: this.#port, tls: this.#tls, bounds },
      services: services.map(({ protoFile, replies }) => ({
        file: fileURLToPath(new URL(protoFile, protoFolder)),
        replies,
      })),
    };
    const worker = new Worker(threadUrl(), {
      ...{ name: "grpc", workerData, execArgv: [] },
      resourceLimits: { maxOldGenerationSizeMb: heapMbMax },
    });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let fault: unknown = new Error("the thread of gRPC has ended");
    worker.on("message", (message: FromThread) => {
      if (message.kind === "listening") {
        this.#port = message.port;
        this.#worker = worker;
        resolve();
      } else if (message.kind === "not-listening") {
        fault = new ListenError(message.code, message.message);
      } else {
        this.#receive(message);
      }
    });
    worker.on("error", (error) => {
      fault = error;
    });
    worker.once("exit", () => {
      reject(fault);
      if (this.#worker === worker) this.#ended(fault);
    });
    await promise;
  }

  /** A thread that has listened has ended. */
  #ended(fault: unknown): void {
    this.#worker = undefined;
    this.#before = { ...this.#figures, connections: 0, unsentBytes: 0 };
    this.#figures = this.#before;
    for (const pending of this.#pending.values()) pending.isGone = true;
    this.#pending.clear();
    if (this.#isStopping) return;
    this.#options.log.error("the thread of gRPC has ended, and is started again", {
      message: String(fault),
    });
    this.#startAgain();
  }

  #startAgain(): void {
    this.#restarting = setTimeout(() => {
      this.#start().catch((error: unknown) => {
        this.#options.log.error("gRPC could not be started again", { message: String(error) });
        if (!this.#isStopping) this.#startAgain();
      });
    }, restartMs);
  }

  #receive(message: Exclude<FromThread, { kind: "listening" | "not-listening" }>): void {
    switch (message.kind) {
      case "call":
        this.#pending.set(message.id, { isGone: false });
        this.#turns.run(() => void this.#answer(message));
        break;
      case "gone": {
        const pending = this.#pending.get(message.id);
        if (pending !== undefined) pending.isGone = true;
        this.#pending.delete(message.id);
        break;
      }
      case "failed": {
        const { path, message: reason } = message;
        this.#options.log.error("an answer over gRPC could not be written", { path, reason });
        break;
      }
      case "figures":
        this.#figures = together(this.#before, message.figures);
        this.#warn(this.#figures.inexact);
        break;
    }
  }

  async #answer({ id, path, fields, authorization, address }: PostedCall): Promise<void> {
    const pending = this.#pending.get(id);
    // Who has given up while they waited for their turn is not asked for.
    if (pending === undefined) return;
    const isGone = () => pending.isGone;
    const call = { path, fields, authorization, address, isGone };
    let answer: RpcAnswer;
    try {
      const service = this.#services.get(path);
      if (service === undefined) throw new Error(`nobody answers ${path}`);
      answer = await service.answer(call, this.#options.nowMs());
    } catch (error) {
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#options.log.error("a call over gRPC failed", { path, reason });
      answer = failed;
    }
    if (pending.isGone) return;
    this.#pending.delete(id);
    this.#tell({ kind: "answer", id, answer });
  }

  #tell(message: ToThread): void {
    this.#worker?.postMessage(message);
  }

  #warn(inexact: number): void {
    const { log, nowMs } = this.#options;
    const quantities = inexact - this.#warnedInexact;
    if (quantities === 0 || nowMs() - this.#warnedAtMs < warnedMs) return;
    this.#warnedInexact = inexact;
    this.#warnedAtMs = nowMs();
    log.warn("gRPC tells quantities as whole numbers, and left the fraction of some out", {
      ...{ quantities, remedy: "ask over REST, which tells all digits" },
    });
  }
}

const nothing: GrpcFigures = {
  ...{ connections: 0, unsentBytes: 0, inexact: 0, calls: {} },
  endings: { "address-full": 0, "made-room": 0, "answer-timeout": 0, "unsent-bytes": 0, flood: 0 },
};

/** What all threads together have counted. */
function together(before: GrpcFigures, now: GrpcFigures): GrpcFigures {
  const sum = <Counts extends Readonly<Record<string, number>>>(one: Counts, other: Counts) =>
    Object.fromEntries(
      Object.keys({ ...one, ...other }).map((key) => [key, (one[key] ?? 0) + (other[key] ?? 0)]),
    ) as Counts;
  return {
    ...now,
    endings: sum(before.endings, now.endings),
    calls: sum(before.calls, now.calls),
    inexact: before.inexact + now.inexact,
  };
}

const failed: RpcAnswer = {
  kind: "refusal",
  status: "INTERNAL",
  details: "The call could not be answered. Please try again later.",
};

/** The thread's source in a checkout, its build in an installed package. */
function threadUrl(): URL {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new URL(`./thread.${extension}`, import.meta.url);
}
