/**
 * Passes for visitors without credentials, where the operator lets them see public market data. Each is counted by the address that
 * asks for it, and all together; who asks too often is told when to come back.
 */
import { keyOf } from "../../adapters/peers/address.ts";
import type { Quota } from "../../ports/quota.ts";
import {
  anybody,
  type RestReply,
  type RestRequest,
  type RestRoute,
  retryAfter,
} from "../../ports/rest.ts";

/** How often passes are given, a minute. */
export interface PassLimits {
  readonly passesPerAddressMax: number;
  readonly passesPerMinuteMax: number;
}

/** What passes are made with. */
export interface PassOptions {
  readonly limits: PassLimits;
  readonly quota: Quota;
  /** Names of the protocols that have passes, and how one is made; undefined for all others. */
  passOf(protocol: string): ((address: string | undefined, nowMs: number) => string) | undefined;
  readonly isAllowed: boolean;
}

/** What has become of those who asked. */
export type PassCounts = Record<"given" | "refused", number>;

const nobody = "";
const minuteMs = 60_000;

/** Gives passes out. */
export class Passes {
  readonly counts: PassCounts = { given: 0, refused: 0 };
  readonly #options: PassOptions;

  constructor(options: PassOptions) {
    this.#options = options;
  }

  /** `POST /terminal/pass?protocol=NAME`. */
  get route(): RestRoute {
    return {
      method: "POST",
      path: "/terminal/pass",
      summary: "A pass for public market data.",
      tag: "Page",
      security: anybody,
      handle: async (request, nowMs) => {
        const reply = await this.#answer(request, nowMs);
        this.counts[reply.status === 200 ? "given" : "refused"] += 1;
        return reply;
      },
    };
  }

  async #answer({ query, address }: RestRequest, nowMs: number): Promise<RestReply> {
    const { isAllowed, passOf, quota, limits } = this.#options;
    if (!isAllowed) {
      return refusal(403, "this server shows market data to its users only: sign in");
    }
    const protocol = query["protocol"] ?? "";
    const make = passOf(protocol);
    if (make === undefined) {
      return refusal(404, "name a protocol that is served and has passes, as ?protocol=cryptomus");
    }
    const key = address === undefined ? undefined : keyOf(address);
    // All together first, and not counted yet: so no more addresses are remembered than passes are given.
    const isWithin =
      (await quota.count(nobody, nowMs)) < limits.passesPerMinuteMax &&
      (key === undefined || (await quota.take(`of ${key}`, limits.passesPerAddressMax, nowMs))) &&
      (await quota.take(nobody, limits.passesPerMinuteMax, nowMs));
    if (!isWithin) {
      const waitS = (minuteMs - (nowMs % minuteMs)) / 1_000;
      const message = `too many visitors ask for passes: try again in ${Math.ceil(waitS)} s`;
      return refusal(429, message, retryAfter(waitS));
    }
    const headers = { "cache-control": "no-store" };
    return { status: 200, headers, body: JSON.stringify({ pass: make(key, nowMs) }) };
  }
}

function refusal(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): RestReply {
  return { status, headers, body: JSON.stringify({ message }) };
}
