/** Says what the figures were taken on. It looks at the machine, never at who owns it. */
import { cpus, loadavg, release, totalmem, type } from "node:os";

/** The machine and the run-time. */
export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  /** Runnable processes when the benchmark began, averaged over a minute: how busy others kept it. */
  readonly loadAtStart: number;
}

/** Describes the present machine. */
export function describeMachine(): Machine {
  const processors = cpus();
  return {
    cores: processors.length,
    cpu: processors[0]?.model.trim() ?? "unknown",
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: `${type()} ${release()}`,
    node: process.versions.node,
    loadAtStart: loadavg()[0] ?? 0,
  };
}
