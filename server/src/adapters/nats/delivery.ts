/**
 * Messages of a stream as they come, for one who follows. A delivery is best effort: it may leave messages
 * out and may fall silent, as it does when its server goes away. Whoever follows looks at the numbers, and asks anew.
 */
import type { JetStreamManager } from "@nats-io/jetstream";
import type { Msg, Subscription } from "@nats-io/transport-node";
import type { NatsLink } from "./link.ts";
import type { StreamMessage } from "./stream-message.ts";

/** Between two signs of life while no message comes, in nanoseconds. */
const aliveNs = 500_000_000;

/** After which the broker forgets a delivery that nobody takes, in nanoseconds. */
const forgottenNs = 10_000_000_000;

/** What is delivered, and from which message on. */
export interface DeliveryOptions {
  readonly stream: string;
  readonly from: number;
  /** Messages of this subject alone, whose numbers have holes; of all when left out. */
  readonly subject?: string | undefined;
}

/**
 * Messages that have come and were not taken. The broker sends no more than it is told has been taken, some
 * megabytes, so that they are bounded.
 */
export class Delivery {
  #messages: StreamMessage[] = [];
  /** How many of them were taken. */
  #head = 0;
  /** Answers by which the broker learns that all before them was taken, and how many messages are before each. */
  readonly #receipts: { readonly message: Msg; readonly after: number }[] = [];
  #taken = 0;
  #come = 0;
  #hasSign = false;
  #wake: (() => void) | undefined;
  #isBroken = false;
  readonly #subscription: Subscription;
  readonly #forget: () => Promise<unknown>;
  /** Whether messages are counted as they come, for one whose numbers do not tell what was left out. */
  readonly #counts: boolean;

  constructor(subscription: Subscription, forget: () => Promise<unknown>, counts = false) {
    this.#subscription = subscription;
    this.#forget = forget;
    this.#counts = counts;
  }

  /** Whether something was left out behind the last message that is given out, as far as that is counted. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Takes what the broker sends. */
  receive(message: Msg): void {
    this.#hasSign = true;
    if (message.headers?.code === 100) {
      // A sign of life without a question asks for nothing.
      if (message.reply) this.#receipts.push({ message, after: this.#come });
    } else {
      const at = numberOf(message);
      if (at === undefined) return;
      this.#isBroken ||= this.#counts && countOf(message) !== this.#come + 1;
      if (this.#isBroken) return;
      this.#messages.push({ at, bytes: message.data });
      this.#come += 1;
    }
    this.#confirm();
    if (this.#head < this.#messages.length) this.#wake?.();
  }

  /** The next message that has come. */
  take(): StreamMessage | undefined {
    const message = this.#messages[this.#head];
    if (message === undefined) return undefined;
    this.#head += 1;
    this.#taken += 1;
    if (this.#head === this.#messages.length) {
      this.#messages = [];
      this.#head = 0;
    }
    this.#confirm();
    return message;
  }

  /** Whether a message is there; waits for one for so many milliseconds, or until it is woken. */
  async comes(ms: number): Promise<boolean> {
    if (this.#head < this.#messages.length) return true;
    this.#hasSign = false;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
    return this.#head < this.#messages.length;
  }

  /** Whether not even a sign of life has come while a message was waited for. */
  get isSilent(): boolean {
    return !this.#hasSign;
  }

  /** Ends the waiting for a message. */
  wake(): void {
    this.#wake?.();
  }

  /** Ends it; the broker forgets it at once, or by itself where it cannot be told. */
  close(): void {
    this.#subscription.unsubscribe();
    void this.#forget().catch(() => {});
  }

  #confirm(): void {
    for (;;) {
      const [first] = this.#receipts;
      if (first === undefined || first.after > this.#taken) return;
      this.#receipts.shift();
      first.message.respond();
    }
  }
}

/** Begins a delivery. Rejects where the broker cannot, for the moment. */
export async function deliver(
  link: NatsLink,
  manager: JetStreamManager,
  { stream, from, subject }: DeliveryOptions,
): Promise<Delivery> {
  const inbox = link.newInbox();
  let name: string | undefined;
  const subscription = link.connection.subscribe(inbox, {
    callback: (error, message) => {
      if (error === null) delivery.receive(message);
    },
  });
  const forget = async () => {
    if (name !== undefined) await manager.consumers.delete(stream, name);
  };
  const delivery = new Delivery(subscription, forget, subject !== undefined);
  try {
    const made = await manager.consumers.add(stream, {
      ...{ deliver_subject: inbox, deliver_policy: "by_start_sequence", opt_start_seq: from },
      ...{ ack_policy: "none", max_deliver: 1, mem_storage: true, num_replicas: 1 },
      ...{ idle_heartbeat: aliveNs, flow_control: true, inactive_threshold: forgottenNs },
      ...(subject === undefined ? {} : { filter_subject: subject }),
    });
    ({ name } = made);
    return delivery;
  } catch (error) {
    delivery.close();
    throw error;
  }
}

/** Place of a message in its stream, which the broker tells in the subject of an answer to it. */
function numberOf(message: Msg): number | undefined {
  return told(message, 0);
}

/** How many messages the broker has delivered with this one. */
function countOf(message: Msg): number | undefined {
  return told(message, 1);
}

function told({ reply }: Msg, behind: number): number | undefined {
  const words = reply?.split(".") ?? [];
  // $JS.ACK, perhaps domain and account; stream, consumer, times delivered, number, count, ...
  const figure = Number(words[(words.length >= 11 ? 7 : 5) + behind]);
  return words[0] === "$JS" && Number.isSafeInteger(figure) && figure > 0 ? figure : undefined;
}
