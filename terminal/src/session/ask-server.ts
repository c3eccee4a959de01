/**
 * Asks the page's own server, beside the protocols that a client speaks, once and within a time: what is lost on the way would be waited
 * for without end, and the page would seem to load for ever.
 */
import { type HttpAnswer, systemPlatform } from "@openbourse/client";

/** How long an answer is waited for, in milliseconds. */
const answerMsMax = 10_000;

/** See the head of the file. Undefined where no whole answer came. */
export function askServer(
  path: string,
  method: "GET" | "POST" = "GET",
): Promise<HttpAnswer | undefined> {
  return systemPlatform.request(path, { method, headers: {} }, answerMsMax).catch(() => undefined);
}

/** Whether it is what was asked for. */
export function isGood({ status }: HttpAnswer): boolean {
  return status >= 200 && status < 300;
}
