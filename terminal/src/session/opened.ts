/** Waits for a connection that is being opened. */
import { ClientError, type CryptomusStream } from "@openbourse/client";

/**
 * Resolves when questions can be asked: at once, or behind the subscriptions that a connection which is just being opened begins
 * with. Rejects, as the question would, where there is none and none is being opened.
 */
export function whenOpened({
  state,
  states,
}: Pick<CryptomusStream, "state" | "states">): Promise<void> {
  if (state.state !== "connecting") return Promise.resolve();
  return new Promise((resolve, reject) => {
    const stop = states.listen((now) => {
      if (now.state === "connecting") return;
      stop();
      if (now.state === "live") setTimeout(resolve);
      else
        reject(
          new ClientError(
            "why" in now ? now.why : { kind: "network", message: "the server is stopping" },
          ),
        );
    });
  });
}
