/**
 * Orders over signed REST at a fixed rate, each with a client order id of its own and sent once, and what their clients were
 * told became of them. They are sent when they fall due, whether earlier ones have been answered or not; whose gateway is gone
 * goes to another one.
 */
import { type CryptomusUser, signatureOf } from "./cryptomus-client.ts";
import { type CallOutcome, HttpLines } from "./http-lines.ts";
import { OrderTally } from "./order-tally.ts";

/** So many kinds of refusals are told apart. */
const refusalsMax = 10;

/**
 * Orders that wait for their answers at the same time: two seconds of the long form's rate, longer than a takeover lasts.
 * What falls due beyond that, while nothing is stored for a long time, is counted and never sent.
 */
export const outstandingMax = 1_024;

/** A gateway that has answered none of the orders that wait for so many milliseconds is left alone where another one answers. */
const silentMs = 1_500;

/** One that cannot be reached, or does nothing at present, is left alone for so many milliseconds. */
const awayMs = 1_000;
const turnMs = 10;

const path = "/v2/user-api/exchange/orders";

/** What becomes of orders. */
export interface OrdersPlan {
  readonly name: string;
  /** Addresses of gateways: the first one takes all orders as long as it is there. */
  readonly gateways: readonly string[];
  readonly users: readonly CryptomusUser[];
  readonly market: string;
  readonly perSecond: number;
}

interface Gateway {
  readonly host: string;
  readonly lines: HttpLines;
  awayUntilMs: number;
  /** It has done nothing with the last order: one at a time shows whether it is back. */
  isDoubtful: boolean;
}

/** Sends until it is stopped. */
export class PacedOrders {
  /** Client order ids of those that were taken. */
  readonly acknowledged = new Set<string>();
  /** Told that nothing was done, or never sent for want of a connection. */
  readonly refused = new Set<string>();
  /** With whose they are; nobody has said what became of them. */
  readonly unknown = new Map<string, CryptomusUser>();
  /** Answers that none of this is right for. */
  readonly strange: string[] = [];
  readonly tally = new OrderTally();
  #answers: { readonly sentMs: number; readonly doneMs: number }[] = [];
  readonly #plan: OrdersPlan;
  readonly #gateways: readonly Gateway[];
  readonly #timer: NodeJS.Timeout;
  readonly #beganMs = performance.now();
  #due = 0;
  readonly #refusals = new Map<string, number>();
  #sent = 0;
  #outstanding = 0;

  constructor(plan: OrdersPlan) {
    this.#plan = plan;
    this.#gateways = plan.gateways.map((http) => ({
      ...{ host: new URL(http).host, lines: new HttpLines(http), awayUntilMs: 0 },
      isDoubtful: false,
    }));
    this.#timer = setInterval(() => this.#sendDue(), turnMs);
  }

  /** How many were sent. */
  get sent(): number {
    return this.#sent;
  }

  /** How many fell due while {@link outstandingMax} waited, and were never sent. */
  get leftOut(): number {
    return this.#due - this.#sent;
  }

  /** When orders were acknowledged that were sent since a time, in milliseconds since 1970. */
  takenSince(ms: number): readonly number[] {
    return this.#answers.filter(({ sentMs }) => sentMs >= ms).map(({ doneMs }) => doneMs);
  }

  /** What was said of those that were not taken, and how often. */
  get refusals(): string {
    return [...this.#refusals].map(([words, count]) => `${count} x ${words}`).join("; ");
  }

  /** Forgets when earlier ones were answered, and how others were refused. */
  forgetAnswers(): void {
    this.#answers = [];
    this.#refusals.clear();
  }

  /** Sends no more, and resolves when all have been answered or given up. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    while (this.#outstanding > 0) await new Promise((resolve) => setTimeout(resolve, turnMs));
    for (const { lines } of this.#gateways) lines.close();
  }

  #sendDue(): void {
    const { perSecond } = this.#plan;
    const all = Math.floor(((performance.now() - this.#beganMs) / 1_000) * perSecond);
    const fresh = all - this.#due;
    this.#due = all;
    const nowMs = Date.now();
    this.tally.count("due", nowMs, fresh);
    const count = Math.min(fresh, outstandingMax - this.#outstanding);
    this.tally.count("sent", nowMs, count);
    for (let left = count; left > 0; left -= 1) this.#send();
  }

  #send(): void {
    const { name, users, market } = this.#plan;
    this.#sent += 1;
    const number = this.#sent;
    // Buyers and sellers in turns, so that nobody meets themselves, two at one price, so that few of them rest.
    const user = users[number % users.length]!;
    const clientId = `${name}-${number}`;
    const body = JSON.stringify({
      ...{ market, direction: (number % users.length) % 2 === 0 ? "buy" : "sell" },
      price: (50_000 + ((Math.floor(number / 2) * 7_919) % 41) - 20).toFixed(2),
      ...{ quantity: "0.01", client_order_id: clientId },
    });
    const gateway = this.#gatewayNow();
    this.#outstanding += 1;
    const sentMs = Date.now();
    gateway.lines.call(requestOf(gateway.host, user, body), (outcome) => {
      this.#outstanding -= 1;
      gateway.isDoubtful = this.#note({ clientId, user, sentMs }, outcome) === "elsewhere";
      if (gateway.isDoubtful) gateway.awayUntilMs = performance.now() + awayMs;
    });
  }

  #gatewayNow(): Gateway {
    const nowMs = performance.now();
    const isThere = ({ awayUntilMs, lines, isDoubtful }: Gateway) =>
      nowMs >= awayUntilMs && lines.silentMs < silentMs && !(isDoubtful && lines.underWay > 0);
    return this.#gateways.find(isThere) ?? this.#gateways[0]!;
  }

  /** Notes what became of an order; `elsewhere` where the next one had better be sent to another gateway. */
  #note(
    {
      clientId,
      user,
      sentMs,
    }: { readonly clientId: string; readonly user: CryptomusUser; readonly sentMs: number },
    outcome: CallOutcome,
  ): "here" | "elsewhere" {
    if (outcome.kind !== "answered") {
      this.#refuse(outcome.kind);
      if (outcome.kind === "unsent") this.refused.add(clientId);
      else this.unknown.set(clientId, user);
      return "elsewhere";
    }
    const { status, body } = outcome;
    const doneMs = Date.now();
    this.tally.count("answered", doneMs);
    if (status === 200 && body.includes('"order_id"')) {
      this.tally.count("acknowledged", doneMs);
      this.#answers.push({ sentMs, doneMs });
      this.acknowledged.add(clientId);
      return "here";
    }
    this.#refuse(`${status} ${body}`);
    if (body.includes("Nothing was done")) this.refused.add(clientId);
    else if (status >= 500) this.unknown.set(clientId, user);
    else this.strange.push(`${status} ${body}`);
    return status >= 500 ? "elsewhere" : "here";
  }

  #refuse(words: string): void {
    const count = this.#refusals.get(words) ?? 0;
    if (count > 0 || this.#refusals.size < refusalsMax) this.#refusals.set(words, count + 1);
  }
}

function requestOf(host: string, { userId, apiKey }: CryptomusUser, body: string): string {
  return [
    `POST ${path} HTTP/1.1`,
    `host: ${host}`,
    `userId: ${userId}`,
    `sign: ${signatureOf(body, apiKey)}`,
    "content-type: application/json",
    `content-length: ${body.length}`,
    "",
    body,
  ].join("\r\n");
}
