/**
 * The door of the exchange: what it has forgotten is asked of the history before a command is let in,
 * so that a client id is taken once, however old the order that had it.
 *
 * An id is held by one of three: by the exchange while its order is open or was closed lately, by
 * commands on their way to the history, and by the history. Nothing is let in while the second may
 * hold an id that the exchange has forgotten; and between the last look and the command there is no
 * wait, so that nothing can be forgotten meanwhile.
 *
 * What the exchange is certain to refuse is refused here, so that nobody fills the log with orders
 * that they cannot pay for.
 */
import type { Command } from "../../core/commands.ts";
import type { Exchange } from "../../core/exchange.ts";
import type { RejectReason } from "../../core/reject.ts";
import type { History } from "../../ports/history.ts";
import type { Submission } from "../../ports/released.ts";
import type { Admission } from "../../ports/trading-desk.ts";
import type { Sequencer } from "../../sequencer/sequencer.ts";

/** How often the history is waited for; a user who goes on closing orders meanwhile is told `busy`. */
export const waitsMax = 100;

/** What a door stands before. */
export interface DoorParts {
  readonly exchange: Pick<Exchange, "clientIdsForgottenUpTo" | "refusalOf">;
  readonly sequencer: Pick<Sequencer, "submitted" | "read">;
  readonly history: Pick<History, "lastSequence" | "clientIdUse">;
  /** Resolves when the history holds all that is durable, or with why it never will. */
  historyCaughtUp(): Promise<string | undefined>;
}

/** Lets commands in. */
export interface Door {
  /** Submits a command; resolves when its result is durable, or with why it was not let in. */
  submit(command: Command): Promise<Submission | Admission>;
}

/** What a command brings along that may be used once. */
interface Claim {
  /** Everything of this kind that the exchange has forgotten is of commands up to this one. */
  forgottenUpTo(): number;
  /** Why it is not let in; all that was forgotten is in the history when this is asked. */
  refusal(): RejectReason | undefined;
}

/** Makes the door of an exchange. */
export function createDoor(parts: DoorParts): Door {
  const { exchange, sequencer, history } = parts;

  /** Undefined once the history holds everything that may have been forgotten by now. */
  async function wait(): Promise<Admission | undefined> {
    const reading = await sequencer.read(() => undefined);
    if (reading.kind === "stopped") return { kind: "unavailable", reason: reading.reason };
    const reason = await parts.historyCaughtUp();
    return reason === undefined ? undefined : { kind: "unavailable", reason };
  }

  /** Whether a claim may be let in now; `wait` while the history may lack what decides it. */
  function judged(claim: Claim): "let in" | "wait" | Admission {
    const upTo = claim.forgottenUpTo();
    if (upTo === 0) return "let in";
    if (upTo > history.lastSequence) return "wait";
    try {
      const reason = claim.refusal();
      return reason === undefined ? "let in" : { kind: "refused", reason };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { kind: "unavailable", reason };
    }
  }

  /**
   * Lets a command in, unless the exchange would refuse it as it stands: that costs the log nothing,
   * and is answered when all that it was judged by is durable, as the command would have been.
   */
  async function enter(command: Command): Promise<Submission | Admission> {
    const reason = exchange.refusalOf(command);
    if (reason === undefined) return sequencer.submitted(command);
    const reading = await sequencer.read(() => reason);
    if (reading.kind === "stopped") return { kind: "unavailable", reason: reading.reason };
    return { kind: "refused", reason };
  }

  return {
    async submit(command) {
      const claim = claimOf(command, parts);
      if (claim === undefined) return enter(command);
      for (let waits = 0; waits < waitsMax; waits += 1) {
        const verdict = judged(claim);
        if (verdict === "let in") return enter(command);
        if (verdict !== "wait") return verdict;
        const fault = await wait();
        // What is stored may be enough also when nothing more will be.
        if (fault !== undefined && judged(claim) === "wait") return fault;
      }
      return { kind: "busy" };
    },
  };
}

function claimOf(command: Command, { exchange, history }: DoorParts): Claim | undefined {
  if (!("clientId" in command) || command.clientId === undefined) return undefined;
  const { user, clientId } = command;
  return {
    forgottenUpTo: () => exchange.clientIdsForgottenUpTo(user),
    refusal: () =>
      history.clientIdUse(user, clientId) === undefined ? undefined : "duplicate-client-id",
  };
}
