/** Over the lists: what happened last, and what waits for a yes. */

import { compare, normalized } from "@openbourse/client";
import { useEffect, useRef } from "preact/hooks";
import { useKey } from "../app/keys.ts";
import { book } from "../market/book.ts";
import { chosenMarket } from "../market/chosen.ts";
import { marketText } from "./cells.tsx";
import { closeNotice, notice } from "./notices.ts";
import {
  cancelAllAsked,
  confirmCancelAll,
  confirmMove,
  dismissAsked,
  type MoveAsked,
  moveAsked,
  ordersOf,
} from "./order-actions.ts";
import { refill } from "./ticket-store.ts";
import { rowWords } from "./words.ts";

/** See the head of the file. */
export function Asked() {
  useKey("back", () => {
    const isAsked = moveAsked.peek() !== undefined || cancelAllAsked.peek() !== undefined;
    if (isAsked) dismissAsked();
    return isAsked;
  });
  const move = moveAsked.value;
  const all = cancelAllAsked.value;
  if (move !== undefined)
    return <Question text={moveWords(move)} yes="Move it" act={() => void moveAndTell(move)} />;
  if (all !== undefined) {
    const count = ordersOf(all).length;
    const text = `Cancel all ${count} open orders of ${marketText(all)}?`;
    return <Question text={text} yes="Cancel them" act={() => void confirmCancelAll()} />;
  }
  return <LastNotice />;
}

function moveWords({ order, price }: MoveAsked): string {
  const crosses =
    order.market === chosenMarket.value?.market.market && wouldTrade(order.direction, price);
  const now = crosses ? " It would trade at once." : "";
  return `Move to ${normalized(price)}: ${rowWords(order)}? It is cancelled and placed anew, behind all others at that price.${now}`;
}

function wouldTrade(direction: "buy" | "sell", price: string): boolean {
  const { bids, asks } = book.value;
  const [best] = direction === "buy" ? asks : bids;
  if (best === undefined) return false;
  const order = compare(price, best[0]);
  return direction === "buy" ? order >= 0 : order <= 0;
}

/** What was cancelled and could not be placed anew goes into the ticket, with the reason at its field. */
async function moveAndTell({ order, price }: MoveAsked): Promise<void> {
  const outcome = await confirmMove();
  if (outcome?.kind !== "not-placed" || order.market !== chosenMarket.peek()?.market.market) return;
  const { rest = "", fault } = outcome;
  const stop = order.stopLossPrice;
  refill(
    {
      ...{ direction: order.direction, price, quantity: rest === "" ? "" : normalized(rest) },
      ...(stop === undefined ? {} : { hasStop: true, stopLossPrice: stop }),
    },
    fault,
  );
}

function Question(props: { readonly text: string; readonly yes: string; act(): void }) {
  const { text, yes, act } = props;
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);
  return (
    <div class="asked" role="alertdialog" aria-label={text}>
      <span>{text}</span>
      <span class="panel-actions">
        <button ref={button} type="button" class="primary" onClick={act}>
          {yes} <kbd>Enter</kbd>
        </button>
        <button type="button" onClick={dismissAsked}>
          No <kbd>Esc</kbd>
        </button>
      </span>
    </div>
  );
}

function LastNotice() {
  const now = notice.value;
  if (now === undefined) return null;
  return (
    <div class={now.tone === "bad" ? "notice is-bad" : "notice"}>
      <span>{now.text}</span>
      <button type="button" class="quiet" aria-label="Close the notice" onClick={closeNotice}>
        ✕
      </button>
    </div>
  );
}
