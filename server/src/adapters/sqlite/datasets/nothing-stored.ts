/** The answers where there is no file of a dataset, so that nothing is stored of it. */
import { startNotBefore } from "../../../marketdata/bars/interval.ts";
import { unknownSpans } from "../../../ports/unknown-spans.ts";
import type { FromReader, FromWriter, ReadQuery, WriteRequest } from "./messages.ts";

/** What whoever writes is answered, for which no file is made; undefined for what is to be stored. */
export function writeOfNothing({ kind }: WriteRequest): FromWriter | undefined {
  switch (kind) {
    case "position":
      return { kind, position: undefined };
    case "revised":
      return { kind, minutes: [] };
    case "forget":
      return { kind: "forgotten", isDone: true };
    default:
      return undefined;
  }
}

/** What whoever reads is answered. */
export function readOfNothing(request: ReadQuery): FromReader {
  switch (request.kind) {
    case "bars": {
      const { interval, fromUs, toUs } = request.query;
      const range = {
        fromUs: startNotBefore(interval, fromUs),
        toUs: startNotBefore(interval, toUs),
      };
      return { kind: "bars", bars: new Uint8Array(), unknown: unknownSpans(range, [], []) };
    }
    case "trades":
      return { kind: "trades", segments: new Uint8Array() };
    case "coverage":
      return { kind: "coverage", coverage: { known: [], gaps: [] } };
    case "position":
      return { kind: "position", position: undefined };
    case "tickers":
      return { kind: "tickers", tickers: [] };
    case "tickers-after":
      return { kind: "tickers-after", tickers: { names: [], upTo: request.after } };
  }
}
