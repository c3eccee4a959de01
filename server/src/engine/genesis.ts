/**
 * The beginning of a log: limits and fees are written down before anything else, so that what the log
 * means does not depend on the release that reads it.
 */
import { type ExchangeParameters, rulesVersion } from "../core/parameters.ts";
import type { Sequencer } from "../sequencer/sequencer.ts";

/** Begins an empty log; resolves with why it could not be begun. */
export async function beginLog(
  sequencer: Pick<Sequencer, "submitted">,
  parameters: ExchangeParameters,
): Promise<string | undefined> {
  const submission = await sequencer.submitted({ kind: "genesis", rulesVersion, ...parameters });
  switch (submission.kind) {
    case "released": {
      const [event] = submission.released.events;
      return event?.kind === "refused" ? event.reason : undefined;
    }
    case "stopped":
      return submission.reason;
    default:
      return submission.kind;
  }
}
