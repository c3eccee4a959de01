/**
 * The door of the exchange: what it has forgotten is asked of the history before a command is let in,
 * so that a client id is taken once, however old the order that had it, and money moves once for each
 * key of a transfer.
 *
 * An id or a key is held by one of three: by the exchange while it is in use or was lately, by
 * commands on their way to the history, and by the history. Nothing is let in while the second may
 * hold an id that the exchange has forgotten; and between the last look and the command there is no
 * wait, so that nothing can be forgotten meanwhile.
 *
 * What the exchange is certain to refuse is refused here, so that nobody fills the log with orders
 * that they cannot pay for.
 */
import type { Command, Transfer } from "../core/commands.ts";
import type { Exchange } from "../core/exchange.ts";
import { wordsOf } from "../core/words-of.ts";
import type { History } from "../ports/history.ts";
import type { Submission } from "../ports/released.ts";
import type { Admission } from "../ports/trading-desk.ts";
import type { Sequencer } from "../sequencer/sequencer.ts";

/** How often the history is waited for; a user who goes on closing orders meanwhile is told `busy`. */
export const waitsMax = 100;

/** What a door stands before. */
export interface DoorParts {
  readonly exchange: Pick<
    Exchange,
    "clientIdsForgottenUpTo" | "transferKeysForgottenUpTo" | "refusalOf"
  >;
  readonly sequencer: Pick<Sequencer, "submitted" | "read">;
  readonly history: Pick<History, "lastSequence" | "clientIdUse" | "transfer">;
  /** Resolves when the history holds all that is durable, or with why it never will. */
  historyCaughtUp(): Promise<string | undefined>;
}

/** Lets commands in. */
export interface Door {
  /** Commands that the exchange would have refused, since the start: none of them is in the log. */
  readonly refused: number;
  /**
   * Submits a command; resolves when its result is durable, or with why it was not let in. A transfer
   * that was carried out long ago under the same key is answered as one that repeats it. `origin` as at the sequencer.
   */
  submit(command: Command, origin?: Uint8Array): Promise<Submission | Admission>;
}

/** What a command brings along that may be used once. */
interface Claim {
  /** Everything of this kind that the exchange has forgotten is of commands up to this one. */
  forgottenUpTo(): number;
  /** What it is answered instead of being let in; asked when all that was forgotten is stored. */
  answer(): Submission | Admission | undefined;
}

/** Makes the door of an exchange. */
export function createDoor(parts: DoorParts): Door {
  const { exchange, sequencer, history } = parts;
  let refused = 0;

  /** Undefined once the history holds everything that may have been forgotten by now. */
  async function wait(): Promise<Admission | undefined> {
    const reading = await sequencer.read(() => undefined);
    if (reading.kind === "stopped") return { kind: "unavailable", reason: reading.reason };
    const reason = await parts.historyCaughtUp();
    return reason === undefined ? undefined : { kind: "unavailable", reason };
  }

  /** Whether a claim may be let in now; `wait` while the history may lack what decides it. */
  function judged(claim: Claim): "let in" | "wait" | Submission | Admission {
    const upTo = claim.forgottenUpTo();
    if (upTo === 0) return "let in";
    if (upTo > history.lastSequence) return "wait";
    try {
      return claim.answer() ?? "let in";
    } catch (error) {
      const reason = wordsOf(error);
      return { kind: "unavailable", reason };
    }
  }

  /**
   * Lets a command in, unless the exchange would refuse it as it stands: that costs the log nothing,
   * and is answered when all that it was judged by is durable, as the command would have been.
   */
  async function enter(
    command: Command,
    origin: Uint8Array | undefined,
  ): Promise<Submission | Admission> {
    const reason = exchange.refusalOf(command);
    if (reason === undefined) return sequencer.submitted(command, origin);
    const reading = await sequencer.read(() => reason);
    if (reading.kind === "stopped") return { kind: "unavailable", reason: reading.reason };
    refused += 1;
    return { kind: "refused", reason };
  }

  return {
    get refused() {
      return refused;
    },
    async submit(command, origin) {
      const claim = claimOf(command, parts);
      if (claim === undefined) return enter(command, origin);
      for (let waits = 0; waits < waitsMax; waits += 1) {
        const verdict = judged(claim);
        if (verdict === "let in") return enter(command, origin);
        if (verdict !== "wait") return verdict;
        const fault = await wait();
        // What is stored may be enough also when nothing more will be.
        if (fault !== undefined && judged(claim) === "wait") return fault;
      }
      return { kind: "busy" };
    },
  };
}

function claimOf(command: Command, parts: DoorParts): Claim | undefined {
  switch (command.kind) {
    case "deposit":
    case "withdraw":
      return transferClaim(command, parts);
    case "place-limit":
    case "place-market":
    case "replace-order":
      return command.clientId === undefined
        ? undefined
        : orderClaim({ user: command.user, clientId: command.clientId }, parts);
    default:
      return undefined;
  }
}

function orderClaim(
  { user, clientId }: { readonly user: string; readonly clientId: string },
  { exchange, history }: DoorParts,
): Claim {
  return {
    forgottenUpTo: () => exchange.clientIdsForgottenUpTo(user),
    answer() {
      // What cannot be stored as it is could not be told from others.
      if (!clientId.isWellFormed()) return { kind: "malformed" };
      const isUsed = history.clientIdUse(user, clientId) !== undefined;
      return isUsed ? { kind: "refused", reason: "duplicate-client-id" } : undefined;
    },
  };
}

function transferClaim(command: Transfer, { exchange, history }: DoorParts): Claim {
  const { kind: direction, user, currency, amount, key } = command;
  return {
    forgottenUpTo: () => exchange.transferKeysForgottenUpTo(user),
    answer() {
      if (!key.isWellFormed()) return { kind: "malformed" };
      const earlier = history.transfer(user, key);
      if (earlier === undefined) return undefined;
      const isSame =
        earlier.direction === direction &&
        earlier.currency === currency &&
        earlier.amount === amount;
      if (!isSame) return { kind: "refused", reason: "transfer-key-reused" };
      const { sequence, timeUs } = earlier;
      const told = { direction, user, currency, amount, key, repeated: true } as const;
      const events = [{ kind: "transferred" as const, ...told }];
      return { kind: "released", released: { sequence, timeUs, command, events } };
    },
  };
}
