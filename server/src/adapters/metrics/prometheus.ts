/** Figures for Prometheus through prom-client, with the process's own figures beside ours. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { assert } from "../../core/assert.ts";
import type * as port from "../../ports/meter.ts";

/** A meter whose figures can be read as the text that Prometheus scrapes. */
export interface PrometheusMeter extends port.Meter {
  /** Registers a task that brings gauges up to date; it runs before each reading. */
  onRead(task: () => void): void;
  /** All figures in the text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

let ofProcess: Registry | undefined;

/** The process's own figures, made once: what watches its event loop a hundred times a second and its collector never ends. */
function processFigures(): Registry {
  if (ofProcess === undefined) {
    ofProcess = new Registry();
    const soFar = process.cpuUsage();
    collectDefaultMetrics({ register: ofProcess });
    addProcessorTime(ofProcess, soFar);
  }
  return ofProcess;
}

/** The library counts the processor's time from its own start; the figure's name promises that of the process. */
function addProcessorTime(registry: Registry, { user, system }: NodeJS.CpuUsage): void {
  const parts = { user_: user, system_: system, "": user + system };
  for (const [part, us] of Object.entries(parts)) {
    const figure = registry.getSingleMetric(`process_cpu_${part}seconds_total`);
    assert(figure instanceof Counter, "there is a figure of the processor's time");
    figure.inc(us / 1e6);
  }
}

/** Starts a registry of its own, so that two servers in one process share no figures but those of the process. */
export function createPrometheusMeter(): PrometheusMeter {
  const registry = new Registry();
  const tasks: (() => void)[] = [];
  const shared = processFigures();
  return {
    contentType: registry.contentType,
    counter(name, help, labelNames = []) {
      const counter = new Counter({
        name,
        help,
        labelNames: [...labelNames],
        registers: [registry],
      });
      return { add: (by, labels = {}) => counter.inc({ ...labels }, by) };
    },
    gauge(name, help, labelNames = []) {
      const gauge = new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] });
      return { set: (value, labels = {}) => gauge.set({ ...labels }, value) };
    },
    onRead(task) {
      tasks.push(task);
    },
    async text() {
      for (const task of tasks) task();
      const [ofServer, others] = await Promise.all([registry.metrics(), shared.metrics()]);
      return `${ofServer}\n${others}`;
    },
  };
}
