/**
 * A user who listens to everything private with the official client and positions, at one gateway and then, whenever that
 * connection is lost, at the next one.
 */
import {
  CryptomusRest,
  CryptomusStream,
  type OrderUpdate,
  systemPlatform,
} from "../../client/src/index.ts";
import { atomsOf, type CryptomusUser } from "./cryptomus-client.ts";

/** Steps of an order, as numbers. */
export const phases = ["created", "updated", "finished"] as const;

/** Notices within seconds that a server says nothing more. */
const patience = {
  ...{ minMs: 50, maxMs: 500, connectMs: 3_000 },
  ...{ heartbeatMs: 1_000, staleMs: 2_000, deadMs: 3_500, settledMs: 1_000 },
};

/** A step of an order as one number, of its client order id: a name of few letters, `-` and a number. */
export function stepOf(
  names: readonly string[],
  clientId: string,
  phase: OrderUpdate["phase"],
): number {
  const [name = "", number = ""] = clientId.split("-");
  return (Number(number) * names.length + names.indexOf(name)) * 4 + phases.indexOf(phase);
}

/** See the head of the file. */
export class PrivateListener {
  readonly user: CryptomusUser;
  /** Steps of orders in the order in which they came, by {@link stepOf}. */
  readonly steps: number[] = [];
  /** Lengths of `steps` where some may be missing. */
  readonly gaps: number[] = [];
  fills = 0;
  /** How often some fills may be missing. */
  fillGaps = 0;
  /** Newest of each currency. */
  readonly available = new Map<string, bigint>();
  /** What contradicts what came before. */
  readonly faults: string[] = [];
  /** Where it is connected, or is trying to be. */
  here = "";
  #lastFill = "";
  readonly #stream: CryptomusStream;
  #at: number;

  /** `names` are those of the client order ids; the first gateway is that of number `first`. */
  constructor(
    user: CryptomusUser,
    gateways: readonly string[],
    { names, first }: { readonly names: readonly string[]; readonly first: number },
  ) {
    this.user = user;
    this.#at = first - 1;
    const next = () => {
      this.#at += 1;
      return gateways[this.#at % gateways.length]!;
    };
    this.#stream = new CryptomusStream({
      url: gateways[0]!,
      positions: true,
      patience,
      token: async () => {
        this.here = next();
        const calls = { tries: 1, timeoutMs: 3_000 };
        return await new CryptomusRest({ url: this.here, user, calls }).token();
      },
      // The client has one address; a balancer would be in front of several.
      platform: { openSocket: (url) => systemPlatform.openSocket(moved(url, this.here)) },
    });
    this.#stream.orders().listen((update) => {
      if (update.type === "gap") this.gaps.push(this.steps.length);
      else this.steps.push(stepOf(names, update.clientOrderId ?? "", update.phase));
    }, this.#ended);
    this.#stream.fills().listen((fill) => {
      if (fill.type === "gap") {
        this.fillGaps += 1;
        return;
      }
      this.fills += 1;
      // Ids grow with what they are of.
      if (fill.id <= this.#lastFill) {
        this.faults.push(`fill ${fill.id} came after ${this.#lastFill}`);
      }
      this.#lastFill = fill.id;
    }, this.#ended);
    this.#stream.balances().listen((change) => {
      if (change.type === "gap") {
        this.available.clear();
        return;
      }
      const { currency, oldBalance, newBalance } = change;
      const before = this.available.get(currency);
      if (before !== undefined && before !== atomsOf(oldBalance)) {
        this.faults.push(`${currency}: ${oldBalance} comes after ${before} atoms`);
      }
      this.available.set(currency, atomsOf(newBalance));
    }, this.#ended);
  }

  get counts() {
    return this.#stream.counts;
  }

  /** Whether it is told what happens, and not by the gateway of an address. */
  isLive(except?: string): boolean {
    return this.#stream.state.state === "live" && this.here !== except;
  }

  close(): void {
    this.#stream.close();
  }

  readonly #ended = (fault: unknown) => {
    if (fault !== undefined) this.faults.push(`a feed has ended: ${JSON.stringify(fault)}`);
  };
}

/** An address of a stream at another server. */
function moved(url: string, http: string): string {
  const { pathname, search } = new URL(url);
  return `${http.replace(/^http/, "ws")}${pathname}${search}`;
}
