/**
 * Reads messages of a stream a page at a time, from whichever of its servers answers. A page is taken in at once,
 * however slow its reader is, and one that is cut off in its middle is told as such.
 */
import type { Msg } from "@nats-io/transport-node";
import type { NatsLink } from "./link.ts";
import type { StreamMessage } from "./stream-message.ts";

/** Most messages and bytes of a page. */
const pageMessages = 512;
const pageBytes = 4 * 1_024 * 1_024;

/**
 * A page of which nothing comes for so many ticks of so many milliseconds is cut off. Ticks and not one long
 * time: a process that has stood still itself has not listened meanwhile.
 */
const silentTicks = 8;
const tickMs = 250;

/** The broker's words for a page that has ended, and for one without messages. */
const statusEnd = 204;
const statusNone = 404;

/** Which page is read. */
export interface PageOptions {
  readonly stream: string;
  /** Its first message, and the last that is wanted. */
  readonly from: number;
  readonly to: number;
}

/** Messages from a number on, at least one where there is one; rejects where they do not come. */
export async function page(
  link: NatsLink,
  { stream, from, to }: PageOptions,
): Promise<readonly StreamMessage[]> {
  const messages: StreamMessage[] = [];
  const { connection } = link;
  const inbox = link.newInbox();
  const query = { seq: from, batch: Math.min(pageMessages, to - from + 1), max_bytes: pageBytes };
  return await new Promise((resolve, reject) => {
    let ticks = 0;
    const end = (error?: Error) => {
      clearInterval(timer);
      subscription.unsubscribe();
      // What has come of it is right as far as it goes.
      if (error === undefined || messages.length > 0) resolve(messages);
      else reject(error);
    };
    const timer = setInterval(() => {
      ticks += 1;
      if (ticks > silentTicks) end(new Error("a page of messages did not come"));
    }, tickMs);
    const take = (message: Msg) => {
      ticks = 0;
      const code = message.headers?.code ?? 0;
      if (code === statusEnd || code === statusNone) return end();
      if (code !== 0) return end(new Error(`${code} ${message.headers?.description ?? ""}`));
      messages.push({ at: Number(message.headers?.get("Nats-Sequence")), bytes: message.data });
    };
    const subscription = connection.subscribe(inbox, {
      callback: (error, message) => (error === null ? take(message) : end(error)),
    });
    connection.publish(`$JS.API.DIRECT.GET.${stream}`, JSON.stringify(query), { reply: inbox });
  });
}
