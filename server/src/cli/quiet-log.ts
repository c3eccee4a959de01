/** The log of a command that opens the exchange for a task of its own. */
import { createLog } from "../adapters/log/log.ts";
import type { Config } from "../config/schema.ts";
import type { Log } from "../ports/log.ts";

/** As configured, without `info`: that an exchange was opened is no news to who asked for something else. */
export function quietLogOf({ log }: Config): Log {
  return createLog({ level: log.level === "info" ? "warn" : log.level });
}
