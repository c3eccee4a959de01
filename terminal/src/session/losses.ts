/** Since when nothing comes over a connection: what came before goes on being shown, and says how old it is. */
import type { ConnectionState, Signal as Listened } from "@openbourse/client";
import { type ReadonlySignal, signal } from "@preact/signals";

/** What is watched of a connection. */
interface Watched {
  readonly states: Pick<Listened<ConnectionState>, "listen">;
}

/** See the head of the file. One connection is watched at a time. */
export class Losses {
  readonly #sinceMs = signal<number | undefined>(undefined);

  /** In milliseconds since 1970; undefined while news comes, and before there is a connection. */
  get sinceMs(): ReadonlySignal<number | undefined> {
    return this.#sinceMs;
  }

  /** Watches a connection that is new, until the returned function is called. */
  watch(connection: Watched): () => void {
    this.#sinceMs.value = undefined;
    return this.goOn(connection);
  }

  /** Watches a connection that takes the place of one that was lost: nothing comes until it is live. */
  goOn({ states }: Watched): () => void {
    return states.listen((state) => {
      if (state.state === "live") this.#sinceMs.value = undefined;
      else if (state.state === "stale") this.#sinceMs.value = state.heardMs;
      else this.#sinceMs.value ??= Date.now();
    });
  }
}
