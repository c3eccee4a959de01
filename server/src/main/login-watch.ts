/** Leaves a trace of everybody who is not let in: a figure by reason, and at `debug` the address. */

import type { Log } from "../ports/log.ts";
import type { Meter } from "../ports/meter.ts";
import type { WatchLogins } from "../ports/refused-login.ts";

/** A watch that counts refusals, and logs each at `debug`. */
export function loginWatch(meter: Meter, log: Log): WatchLogins {
  const refused = meter.counter(
    "openbourse_logins_refused_total",
    "Attempts to be let in that were refused, by door and reason.",
    ["door", "reason"],
  );
  return ({ door, reason, address }) => {
    refused.add(1, { door, reason });
    log.debug("somebody was not let in", { door, reason, address });
  };
}
