/** What a start reads of an exchange. */
import type { Engine } from "../engine/engine.ts";
import type { LocalDatasetParts } from "../engine/local-dataset.ts";

/** An exchange, and what it has traded. */
export interface Traded extends Pick<Engine, "exchange" | "historyCaughtUp"> {
  readonly history: LocalDatasetParts["history"];
}
