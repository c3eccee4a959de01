/**
 * Orders over signed REST at a fixed rate, each with a client order id of its own and sent once, and what their clients were
 * told became of them.
 */
import { Agent, request } from "node:http";
import { type CryptomusUser, signatureOf } from "./cryptomus-client.ts";

/** Orders that wait for their answers at the same time; what falls due beyond that is sent later. */
const underWayMax = 256;
const connectionsMax = 48;

/** How long a client waits for an answer, in milliseconds. */
const answerMs = 8_000;
const turnMs = 10;

const path = "/v2/user-api/exchange/orders";

/** What becomes of orders. */
export interface OrdersPlan {
  readonly name: string;
  /** Address of a gateway. */
  readonly http: string;
  readonly users: readonly CryptomusUser[];
  readonly market: string;
  readonly perSecond: number;
}

/** An order that was taken. */
export interface TakenOrder {
  readonly user: string;
  readonly orderId: string;
}

/** Sends until it is stopped. */
export class PacedOrders {
  readonly acknowledged = new Map<string, TakenOrder>();
  /** Told that nothing was done. */
  readonly refused = new Map<string, string>();
  /** With whose they are; nobody has said what became of them. */
  readonly unknown = new Map<string, CryptomusUser>();
  /** Answers that none of this is right for. */
  readonly strange: string[] = [];
  readonly #answers: { readonly sentMs: number; readonly doneMs: number }[] = [];
  readonly #plan: OrdersPlan;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: connectionsMax });
  readonly #timer: NodeJS.Timeout;
  readonly #beganMs = performance.now();
  #sent = 0;
  #underWay = 0;
  /** Orders that fell due while there was no room. */
  #skipped = 0;

  constructor(plan: OrdersPlan) {
    this.#plan = plan;
    this.#timer = setInterval(() => this.#sendDue(), turnMs);
  }

  /** How many were sent. */
  get sent(): number {
    return this.#sent;
  }

  /** When orders were acknowledged that were sent since a time, in milliseconds since 1970. */
  takenSince(ms: number): readonly number[] {
    return this.#answers.filter(({ sentMs }) => sentMs >= ms).map(({ doneMs }) => doneMs);
  }

  /** Forgets when earlier ones were answered. */
  forgetAnswers(): void {
    this.#answers.length = 0;
  }

  /** Sends no more, and resolves when all have been answered or given up. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    while (this.#underWay > 0) await new Promise((resolve) => setTimeout(resolve, turnMs));
    this.#agent.destroy();
  }

  #sendDue(): void {
    const { perSecond } = this.#plan;
    const due = Math.floor(((performance.now() - this.#beganMs) / 1_000) * perSecond);
    for (let left = due - this.#sent - this.#skipped; left > 0; left -= 1) {
      if (this.#underWay >= underWayMax) {
        // Those that had to wait are not made up for all at once.
        this.#skipped += left;
        return;
      }
      this.#send();
    }
  }

  #send(): void {
    const { name, users, market } = this.#plan;
    this.#sent += 1;
    const number = this.#sent;
    // Buyers and sellers in turns, so that nobody meets themselves and most orders meet another one.
    const user = users[number % users.length]!;
    const clientId = `${name}-${number}`;
    const body = JSON.stringify({
      ...{ market, direction: (number % users.length) % 2 === 0 ? "buy" : "sell" },
      price: (50_000 + ((number * 7_919) % 41) - 20).toFixed(2),
      ...{ quantity: "0.01", client_order_id: clientId },
    });
    this.#underWay += 1;
    const sentMs = Date.now();
    void this.#post(user, body)
      .then(({ status, text }) => {
        if (status === 200) {
          this.#answers.push({ sentMs, doneMs: Date.now() });
          const orderId = String((JSON.parse(text) as { order_id: string }).order_id);
          this.acknowledged.set(clientId, { user: user.userId, orderId });
        } else if (text.includes("Nothing was done")) this.refused.set(clientId, text);
        else if (status >= 500) this.unknown.set(clientId, user);
        else this.strange.push(`${status} ${text}`);
      })
      .catch(() => this.unknown.set(clientId, user))
      .finally(() => {
        this.#underWay -= 1;
      });
  }

  #post(user: CryptomusUser, body: string): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const headers = {
        ...{ userId: user.userId, sign: signatureOf(body, user.apiKey) },
        ...{ "content-type": "application/json", "content-length": body.length },
      };
      const { http } = this.#plan;
      const options = { method: "POST", agent: this.#agent, headers, timeout: answerMs };
      const asked = request(http + path, options, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
        response.on("error", reject);
      });
      asked.on("timeout", () => asked.destroy(new Error("no answer")));
      asked.on("error", reject);
      asked.end(body);
    });
  }
}
