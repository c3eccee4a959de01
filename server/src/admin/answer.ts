/** What an operation is answered with, and the answers that several operations share. */
import type { RejectReason } from "../core/reject.ts";
import type { Released, Submission } from "../ports/released.ts";
import type { Admission } from "../ports/trading-desk.ts";

/** Nothing was done, because what was asked for is not right; the message says what would be. */
export interface AdminRefusal {
  readonly kind: "refused";
  readonly message: string;
}

/** The exchange does not work at present. */
export interface AdminTrouble {
  readonly kind: "unavailable";
  readonly message: string;
}

/** An operation was carried out and is durable, or why it was not. */
export type AdminAnswer<Result> =
  | { readonly kind: "done"; readonly result: Result }
  | AdminRefusal
  | AdminTrouble;

/** The answer to something that was done. */
export function done<Result>(result: Result): AdminAnswer<Result> {
  return { kind: "done", result };
}

/** The answer to something that is not right. */
export function refused(message: string): AdminRefusal {
  return { kind: "refused", message };
}

/** The answer while the exchange does not work. */
export function unavailable(message: string): AdminTrouble {
  return { kind: "unavailable", message };
}

/** A command that the exchange took, or why there is none, in the words of `refusals`. */
export function takenOr(
  submission: Submission | Admission,
  refusals: Partial<Record<RejectReason, string>>,
): Released | AdminRefusal | AdminTrouble {
  switch (submission.kind) {
    case "released": {
      const [first] = submission.released.events;
      if (first?.kind !== "refused") return submission.released;
      const { reason } = first;
      return refused(refusals[reason] ?? `the exchange refused it: ${reason}`);
    }
    case "refused":
      return refused(
        refusals[submission.reason] ?? `the exchange refused it: ${submission.reason}`,
      );
    case "unavailable":
      return unavailable(`the exchange cannot judge it at present: ${submission.reason}`);
    case "malformed":
      return refused("the exchange cannot take it as it is written");
    case "busy":
      return unavailable("the exchange has too much to do: try again");
    case "stopped":
      return unavailable(`the exchange takes no more commands: ${submission.reason}`);
  }
}
