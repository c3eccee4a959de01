/** What every part of a server may use while it is built. */
import type { PrometheusMeter } from "../adapters/metrics/prometheus.ts";
import type { Config } from "../config/schema.ts";
import type { Log } from "../ports/log.ts";
import type { Protocol } from "../ports/protocol.ts";
import type { WatchLogins } from "../ports/refused-login.ts";
import type { Demo } from "./demo/demo.ts";
import type { Start } from "./start/start.ts";
import type { Environment } from "./stores/user-registry.ts";
import type { Times } from "./times.ts";

/** A server under construction. */
export interface Site {
  readonly log: Log;
  readonly times: Times;
  readonly config: Config;
  /** All that it may speak. */
  readonly protocols: readonly Protocol[];
  readonly demo: Demo;
  readonly environment: Environment;
  readonly meter: PrometheusMeter;
  /** To be told of everybody who is not let in. */
  readonly watch: WatchLogins;
  /** Its steps give everything back when the server stops, or does not come to start. */
  readonly start: Start;
}
