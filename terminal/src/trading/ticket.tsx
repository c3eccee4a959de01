/** The order ticket: fields, then a review of what will be sent, then the sending. Made for the keyboard first. */
import { normalized } from "@openbourse/client";
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useKey } from "../app/keys.ts";
import { viewport } from "../app/viewport.ts";
import { Num } from "../design/num.tsx";
import { Panel, type PanelState } from "../design/panel.tsx";
import { chosen, chosenMarket } from "../market/chosen.ts";
import { panelState } from "../market/panel-state.ts";
import { account } from "../session/session.ts";
import { haltWords, lookAgain } from "./halts.ts";
import { balances } from "./private.ts";
import type { Review } from "./sending.ts";
import { SignInButtons } from "./sign-in.tsx";
import { Choice, NumberField, Outcome } from "./ticket-parts.tsx";
import {
  back,
  choose,
  confirm,
  edit,
  errors,
  form,
  movePrice,
  phase,
  preview,
  review,
  takeShare,
} from "./ticket-store.ts";
import { orderWords, percentText } from "./words.ts";

type FormRef = RefObject<HTMLFormElement | null>;

/** See the head of the file. */
export function Ticket() {
  const element = useRef<HTMLFormElement>(null);
  useTicketKeys(element);
  const market = chosenMarket.value?.market;
  const halt = haltWords.value;
  if (market === undefined) {
    const isNoMarket = chosen.value?.kind === "ticker";
    const text = "This is data of a dataset, which nobody trades here. Choose a market to trade.";
    const state: PanelState = isNoMarket ? { is: "empty", text } : panelState(false, undefined);
    return <Panel title="Order" state={state} skeletonRows={9} />;
  }
  return (
    <Panel
      title="Order"
      class="ticket"
      hidesTitle={viewport.value === "phone"}
      state={panelState(true, undefined)}
    >
      <form
        ref={element}
        inert={halt !== undefined}
        onSubmit={(event) => {
          event.preventDefault();
          submit(element);
        }}
        onKeyDown={(event) => onKeyDown(event, element)}
      >
        {phase.value.is === "editing" ? <Fields /> : <Reviewed />}
      </form>
      {halt === undefined ? null : (
        <div class="ticket-cover" role="alert">
          <p>{halt}</p>
          <p class="soft">Open orders can still be cancelled.</p>
          <button type="button" onClick={() => void lookAgain()}>
            Look again
          </button>
        </div>
      )}
    </Panel>
  );
}

function submit(element: FormRef): void {
  if (phase.peek().is !== "editing") {
    void confirm().then(() => focusAfterSending(element));
    return;
  }
  if (account.peek() === undefined) return;
  if (!review()) focusFirstError(element);
}

function onKeyDown(event: KeyboardEvent, element: FormRef): void {
  // A key that is held down confirms nothing.
  if (event.key === "Enter" && event.repeat) event.preventDefault();
  if (event.key === "Escape" && phase.peek().is !== "editing") {
    event.preventDefault();
    event.stopPropagation();
    back();
    focusSize(element);
    return;
  }
  const isUp = event.key === "ArrowUp";
  if (!isUp && event.key !== "ArrowDown") return;
  if (phase.peek().is !== "editing" || form.peek().type !== "limit") return;
  event.preventDefault();
  movePrice((isUp ? 1 : -1) * (event.shiftKey ? 10 : 1));
}

function useTicketKeys(element: FormRef): void {
  const begin = (direction: "buy" | "sell") => {
    if (haltWords.peek() !== undefined) return;
    back();
    choose(direction);
    // The fields may take the place of a review first.
    requestAnimationFrame(() =>
      focusField(element, form.peek().type === "limit" ? "price" : form.peek().sizeBy),
    );
  };
  useKey("buy", () => begin("buy"));
  useKey("sell", () => begin("sell"));
}

function focusField({ current }: FormRef, name: string): void {
  const input = current?.querySelector<HTMLInputElement>(`input[name="${name}"]`);
  input?.focus();
  input?.select();
}

function focusSize(element: FormRef): void {
  requestAnimationFrame(() =>
    focusField(element, form.peek().type === "limit" ? "quantity" : form.peek().sizeBy),
  );
}

function focusFirstError(element: FormRef): void {
  requestAnimationFrame(() => {
    const [name] = Object.keys(errors.peek());
    if (name !== undefined && name !== "form") focusField(element, name);
  });
}

function focusAfterSending(element: FormRef): void {
  if (phase.peek().is !== "editing") return;
  if (Object.keys(errors.peek()).length > 0) focusFirstError(element);
  else focusSize(element);
}

const shares = [25, 50, 75, 100] as const;

function Fields() {
  const { direction, type, sizeBy, hasStop } = form.value;
  const market = chosenMarket.value?.market;
  if (market === undefined) return null;
  const isLimit = type === "limit";
  const isByValue = !isLimit && sizeBy === "value";
  return (
    <>
      <Choice
        label="Direction"
        chosen={direction}
        onChoose={choose}
        options={[
          { id: "buy", title: "Buy", class: "side-buy" },
          { id: "sell", title: "Sell", class: "side-sell" },
        ]}
      />
      <Choice
        label="Kind of order"
        chosen={type}
        onChoose={(next) => edit({ type: next })}
        options={[
          { id: "limit", title: "Limit" },
          { id: "market", title: "Market" },
        ]}
      />
      {isLimit ? <NumberField name="price" label="Price" unit={market.quote} /> : null}
      <NumberField
        name={isByValue ? "value" : "quantity"}
        label={isByValue ? "Value" : "Amount"}
        unit={isByValue ? market.quote : market.base}
      >
        {isLimit ? null : <MeasureButton />}
      </NumberField>
      <Shares />
      {isLimit ? (
        <label class="check">
          <input
            type="checkbox"
            checked={hasStop}
            onChange={(event) => edit({ hasStop: event.currentTarget.checked })}
          />
          Cancel at a stop price
        </label>
      ) : null}
      {isLimit && hasStop ? (
        <NumberField
          name="stopLossPrice"
          label={`Stop price, ${direction === "buy" ? "above" : "below"} the market`}
          unit={market.quote}
        />
      ) : null}
      <Available />
      <Outcome preview={preview.value} />
      <p class="field-error">{errors.value.form}</p>
      {account.value === undefined ? (
        <SignInButtons />
      ) : (
        <button type="submit" class={`wide act-${direction}`}>
          Review {direction} order
        </button>
      )}
    </>
  );
}

function MeasureButton() {
  const { sizeBy } = form.value;
  const other = sizeBy === "quantity" ? "value" : "quantity";
  return (
    <button type="button" class="quiet link" onClick={() => edit({ sizeBy: other })}>
      by {other === "quantity" ? "amount" : "value"}
    </button>
  );
}

function Shares() {
  if (account.value === undefined) return null;
  return (
    <fieldset class="shares" aria-label="Part of what is available">
      {shares.map((percent) => (
        <button key={percent} type="button" onClick={() => takeShare(percent)}>
          {percentText(percent)}
        </button>
      ))}
    </fieldset>
  );
}

function Available() {
  const market = chosenMarket.value?.market;
  if (account.value === undefined || market === undefined) return null;
  const currency = form.value.direction === "buy" ? market.quote : market.base;
  const { available, held } = balances.value?.get(currency) ?? {};
  const known = balances.value === undefined ? undefined : (available ?? "0");
  return (
    <p class="available">
      <span>Available</span>
      <span>
        <Num value={known} unit={currency} />
        {held === undefined || /^[0.]*$/.test(held) ? null : (
          <span class="soft note">
            <Num value={normalized(held)} /> in orders
          </span>
        )}
      </span>
    </p>
  );
}

function Reviewed() {
  const now = phase.value;
  if (now.is === "editing") return null;
  const isSending = now.is === "sending";
  return (
    <div class="review">
      <ReviewWords review={now.review} />
      <Outcome preview={preview.value} />
      {now.is === "unknown" ? (
        <p class="field-error">
          {now.message} Sending it again is safe: it has the same id and is taken once at most.
        </p>
      ) : null}
      <SendButton
        direction={now.review.terms.direction}
        isSending={isSending}
        isAgain={now.is === "unknown"}
      />
      <button type="button" class="wide" disabled={isSending} onClick={back}>
        Back <kbd>Esc</kbd>
      </button>
    </div>
  );
}

function ReviewWords({ review: { terms, market } }: { readonly review: Review }) {
  const words = orderWords(terms, market);
  const stop = terms.type === "limit" ? terms.stopLossPrice : undefined;
  return (
    <p class="review-words">
      <strong class={terms.direction === "buy" ? "up" : "down"}>
        {words.slice(0, 1).toUpperCase() + words.slice(1)}
      </strong>
      {stop === undefined ? "" : `, cancelled when the market reaches ${stop}`}
    </p>
  );
}

function SendButton(props: {
  readonly direction: "buy" | "sell";
  readonly isSending: boolean;
  readonly isAgain: boolean;
}) {
  const { direction, isSending, isAgain } = props;
  const element = useRef<HTMLButtonElement>(null);
  useEffect(() => element.current?.focus(), []);
  return (
    <button
      ref={element}
      type="submit"
      class={`wide act-${direction}`}
      aria-disabled={isSending}
      onClick={(event) => {
        // The second click of a double one was meant for the button that stood here before.
        if (event.detail > 1) event.preventDefault();
      }}
    >
      {isSending ? "Sending…" : isAgain ? "Send again" : `Send ${direction} order`} <kbd>Enter</kbd>
    </button>
  );
}
