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
      // Subscriptions are sent at the end of the turn in which a connection opens. A timer would wait for the page to be drawn.
      if (now.state === "live") void Promise.resolve().then(resolve);
      else
        reject(
          new ClientError(
            "why" in now ? now.why : { kind: "network", message: "the server is stopping" },
          ),
        );
    });
  });
}
