/** What a cluster's log says has happened, found by carrying it out again: nothing but its messages is believed. */
import { NatsLink } from "../../server/src/adapters/nats/link.ts";
import { NatsSharedLog } from "../../server/src/adapters/nats/shared-log.ts";
import type { ExchangeEvent } from "../../server/src/core/events.ts";
import { Exchange } from "../../server/src/core/exchange.ts";
import { decodeCommands } from "../../server/src/sequencer/command-codec.ts";
import { stepOf } from "./private-listener.ts";
import { stream } from "./process-cluster.ts";

/** What happened to one user. */
interface UserTruth {
  /** Steps of orders, as those of listeners. */
  readonly steps: number[];
  fills: number;
}

/** See the head of the file. */
export class LogTruth {
  readonly exchange = new Exchange();
  /** How often a client order id was placed, refused ones left out. */
  readonly placed = new Map<string, number>();
  readonly #users = new Map<string, UserTruth>();
  readonly #names: readonly string[];

  private constructor(names: readonly string[]) {
    this.#names = names;
  }

  /** Reads the log of some servers; `names` as those of listeners. */
  static async read(servers: readonly string[], names: readonly string[]): Promise<LogTruth> {
    const truth = new LogTruth(names);
    const link = await NatsLink.open({ servers });
    try {
      const log = await NatsSharedLog.open(link, { name: stream, replicas: 3 });
      for await (const entry of log.read(1)) {
        if (entry.kind === "damage") throw new Error(entry.message);
        const commands = decodeCommands(entry.payload, entry.count);
        if (typeof commands === "string") throw new Error(commands);
        for (const [at, command] of commands.entries()) {
          const sequence = entry.firstSequence + at;
          truth.#take(truth.exchange.apply({ sequence, timeUs: entry.timeUs, command }));
        }
      }
    } finally {
      await link.close();
    }
    return truth;
  }

  of(user: string): UserTruth {
    let found = this.#users.get(user);
    if (found === undefined) {
      found = { steps: [], fills: 0 };
      this.#users.set(user, found);
    }
    return found;
  }

  /** What a user can spend, in atoms. */
  available(user: string): ReadonlyMap<string, bigint> {
    return new Map(
      this.exchange.balances(user).map(({ currency, available }) => [currency, available]),
    );
  }

  #take(events: readonly ExchangeEvent[]): void {
    for (const event of events) {
      if (event.kind === "traded") {
        this.of(event.takerUser).fills += 1;
        this.of(event.makerUser).fills += 1;
      } else if (event.kind === "order-opened") {
        const id = event.order.clientId ?? "";
        this.placed.set(id, (this.placed.get(id) ?? 0) + 1);
        this.#step(event.order, "created");
      } else if (event.kind === "order-updated") this.#step(event.order, "updated");
      else if (event.kind === "order-closed") this.#step(event.order, "finished");
    }
  }

  #step(
    { user, clientId = "" }: { readonly user: string; readonly clientId?: string | undefined },
    phase: "created" | "updated" | "finished",
  ): void {
    this.of(user).steps.push(stepOf(this.#names, clientId, phase));
  }
}

/**
 * What is wrong with what somebody was told: between two gaps everything has to be there once and in order, and after a gap it
 * goes on later. Undefined where nothing is.
 */
export function contradiction(
  told: readonly number[],
  gaps: readonly number[],
  happened: readonly number[],
): string | undefined {
  let next = 0;
  for (const [at, step] of told.entries()) {
    if (gaps.includes(at)) next = happened.indexOf(step, next);
    if (next < 0 || happened[next] !== step) {
      return `step ${at} is ${step}; of what happened number ${next} is ${happened[next]}`;
    }
    next += 1;
  }
  const isWhole = next === happened.length || gaps.includes(told.length);
  return isWhole ? undefined : `${happened.length - next} steps were not told at the end`;
}
