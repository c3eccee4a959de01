/** What is due to clients, and how it may be treated for one that is behind. */
import type { Encoding } from "../ports/dialect.ts";
import type { Frame } from "../ports/transport.ts";

/**
 * What a client that is behind is spared: of a `state` all but the newest of its key, of `changes` all
 * of them, as it is sent the whole state when it reads again, and of a `history` nothing.
 */
export type Delivery =
  | {
      readonly kind: "state";
      readonly key: string;
      /** Whether clients that are told no positions know it already. */
      readonly withPositionsOnly?: boolean;
    }
  | { readonly kind: "changes" }
  | { readonly kind: "history" };

/** The same for one audience: keys are told apart by encoding. */
export type Policy = Delivery;

/** For what nobody is spared. */
export const asHistory: Policy = { kind: "history" };

/** How an update is treated that is sent in an encoding. */
export function policyOf(delivery: Delivery, { name }: Encoding): Policy {
  if (delivery.kind !== "state") return delivery;
  return { kind: "state", key: `${name}|${delivery.key}` };
}

/** The key of a state; undefined for what is none. */
export function keyOf(delivery: Delivery): string | undefined {
  return delivery.kind === "state" ? delivery.key : undefined;
}

/** Whether an update is for those who are sent it in an encoding; `placed` where it has a position. */
export function isFor(
  { tellsPositions }: Encoding,
  placed: object | undefined,
  to: Delivery,
): boolean {
  if (tellsPositions === true) return placed !== undefined;
  return to.kind !== "state" || to.withPositionsOnly !== true;
}

/** A frame that is due. */
export interface Due<Source> {
  readonly frame: Frame;
  readonly policy: Policy;
  /** The audience that it is for; undefined for a client's own replies. */
  readonly source: Source | undefined;
  /** How many were sent it: what waits of it is shared by them. */
  readonly sharedBy: number;
}

/** One of several in a list, who knows its place there. */
export interface Placed {
  place: number;
}
