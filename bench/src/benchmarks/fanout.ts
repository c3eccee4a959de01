/**
 * What `fanout-tick` and `fanout-burst` share: servers in processes of their own, each with the same
 * crowd of clients, that publish the same load in turn.
 */
import type {
  BenchmarkContext,
  Comparison,
  Figure,
  Latency,
  Sample,
} from "../harness/benchmark.ts";
import { cpuNsOf } from "../harness/process-usage.ts";
import { sideBySide } from "../harness/side-by-side.ts";
import { Crowd, type CrowdReport } from "../load/crowd.ts";
import type { ClientScript } from "../load/crowd-scripts.ts";
import { type Bucket, histogramPercentilesMs, mergeBuckets } from "../load/histogram.ts";
import type { Contender, StartContender } from "../peers/fanout/contender.ts";
import type { Load } from "../peers/fanout/fanout-program.ts";

/** What is to be compared. */
export interface FanoutOptions {
  readonly title: string;
  readonly sockets: number;
  readonly topics: number;
  /** What clients say; those of the contender if absent. */
  readonly scripts?: readonly ClientScript[];
  readonly load: Load;
  /** Messages that arrive in a run, at all clients together. */
  readonly units: number;
  readonly contenders: readonly StartContender[];
  readonly context: BenchmarkContext;
}

/** What came out. */
export interface FanoutFindings {
  readonly comparison: Comparison;
  readonly latencies: readonly Latency[];
  readonly figures: readonly Figure[];
  readonly packages: Readonly<Record<string, string>>;
  readonly skipped: readonly string[];
}

/** How long everything that was published may take to arrive. */
const arrivalMs = 20_000;
const nsPerMs = 1_000_000;

/** Starts all contenders that can be had, and measures them in turn. */
export async function runFanout(options: FanoutOptions): Promise<FanoutFindings> {
  const { title, context } = options;
  const skipped: string[] = [];
  const skip = (reason: string) => {
    skipped.push(reason);
    context.note(`skipped: ${reason}`);
  };
  await using running = new AsyncDisposableStack();
  const lanes: Lane[] = [];
  for (const start of options.contenders) {
    const contender = await start(options.topics, skip);
    if (contender === undefined) continue;
    running.defer(() => contender.stop());
    const crowd = new Crowd(contender.port);
    running.defer(() => crowd.stop());
    const lane = new Lane(contender, crowd, options);
    await lane.open();
    lanes.push(lane);
    context.note(`${contender.name}: ${options.sockets} sockets are open`);
  }
  const comparison = await sideBySide({
    title,
    unit: "messages",
    contenders: lanes,
    effort: context.effort,
    countingBegins: () => {
      for (const lane of lanes) lane.reset();
    },
  });
  return {
    comparison,
    latencies: lanes.map((lane) => lane.latency()),
    figures: lanes.map((lane) => lane.crowdShare()),
    packages: Object.assign({}, ...lanes.map((lane) => lane.software), {}),
    skipped,
  };
}

/** A contender with its crowd. */
class Lane {
  readonly name: string;
  readonly software: Readonly<Record<string, string>>;
  readonly #contender: Contender;
  readonly #crowd: Crowd;
  readonly #options: FanoutOptions;
  #reports: CrowdReport[] = [];

  constructor(contender: Contender, crowd: Crowd, options: FanoutOptions) {
    this.name = contender.name;
    this.software = contender.software;
    this.#contender = contender;
    this.#crowd = crowd;
    this.#options = options;
  }

  async open(): Promise<void> {
    const { readyFrames } = this.#contender;
    const { sockets, scripts = this.#contender.scripts } = this.#options;
    const { ready } = await this.#crowd.open({ count: sockets, scripts, readyFrames });
    if (ready !== sockets) throw new Error(`${this.name}: ${ready} of ${sockets} sockets opened`);
  }

  reset(): void {
    this.#reports = [];
  }

  /** Publishes the load; CPU time is that of the server until the last message has arrived. */
  async run(): Promise<Sample> {
    const { pids } = this.#contender;
    const { load, units } = this.#options;
    await this.#crowd.report();
    const startNs = cpuNsOf(pids);
    const startMs = performance.now();
    await this.#contender.publish(load);
    const report = await this.#crowd.wait(units, arrivalMs);
    const wallMs = performance.now() - startMs;
    const cpuMs = (cpuNsOf(pids) - startNs) / nsPerMs;
    if (report.marked !== units) {
      throw new Error(`${this.name}: ${report.marked} of ${units} messages arrived`);
    }
    this.#reports.push(report);
    return { units, wallMs, cpuMs };
  }

  latency(): Latency {
    const buckets: readonly Bucket[] = mergeBuckets(this.#reports.map(({ latency }) => latency));
    const worstNs = Math.max(...this.#reports.map(({ worstNs: worst }) => worst));
    const percentiles = histogramPercentilesMs(buckets, worstNs);
    return { what: `published until received, ${this.name}`, unit: "ms", percentiles };
  }

  /** How busy the clients were: what shows that they were not in the way. */
  crowdShare(): Figure {
    const busiest = Math.max(...this.#reports.map(({ cpuNs, wallNs }) => cpuNs / wallNs));
    const what = `clients' busiest run, ${this.name}`;
    return { what, value: busiest * 100, unit: "% of a core" };
  }
}
