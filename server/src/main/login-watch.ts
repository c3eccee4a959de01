/**
 * Leaves a trace of everybody who is not let in: a figure by reason, and at `debug` the address. Where nobody could
 * judge what was shown, which is an outage and no attempt to get in, it is another figure.
 */

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
  const unjudged = meter.counter(
    "openbourse_logins_unjudged_total",
    "Attempts to be let in that nobody could judge, because the other nodes of the cluster could not be asked, by door.",
    ["door"],
  );
  return ({ door, reason, address }) => {
    if (reason === "unavailable") {
      unjudged.add(1, { door });
      log.debug("it could not be judged whether somebody is let in", { door, address });
      return;
    }
    refused.add(1, { door, reason });
    log.debug("somebody was not let in", { door, reason, address });
  };
}
