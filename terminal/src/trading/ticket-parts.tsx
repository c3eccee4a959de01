/** Parts of the ticket: fields with what is wrong with them, choices, and what an order will come to. */
import { compare, divide, multiply, normalized, subtract } from "@openbourse/client";
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { Num } from "../design/num.tsx";
import { book } from "../market/book.ts";
import { chosenMarket } from "../market/chosen.ts";
import { linkState } from "../session/connection.ts";
import { account } from "../session/session.ts";
import { isPositive } from "./amounts.ts";
import { feeRates, feeTrouble } from "./fee-rates.ts";
import type { Amount, Preview, Unfilled } from "./preview.ts";
import { edit, errors, form } from "./ticket-store.ts";
import { percentText } from "./words.ts";

/** A field for a number. */
export interface NumberFieldProps {
  readonly name: "price" | "quantity" | "value" | "stopLossPrice";
  readonly label: string;
  readonly unit: string;
  /** Beside the label. */
  readonly children?: ComponentChildren;
}

/** See {@link NumberFieldProps}. */
export function NumberField({ name, label, unit, children }: NumberFieldProps) {
  const id = useId();
  const error = errors.value[name];
  return (
    <div class="field">
      <span class="field-head">
        <label for={id}>{label}</label>
        {children}
      </span>
      <span class="field-box">
        <input
          id={id}
          name={name}
          inputMode="decimal"
          autocomplete="off"
          value={form.value[name]}
          aria-invalid={error !== undefined}
          aria-describedby={`${id}-error`}
          onInput={(event) => edit({ [name]: event.currentTarget.value })}
        />
        <span class="unit" aria-hidden="true">
          {unit}
        </span>
      </span>
      <p id={`${id}-error`} class="field-error">
        {error}
      </p>
    </div>
  );
}

/** Some of a few, as buttons side by side. */
export function Choice<Id extends string>(props: {
  readonly label: string;
  readonly options: readonly { readonly id: Id; readonly title: string; readonly class?: string }[];
  readonly chosen: Id;
  onChoose(id: Id): void;
}) {
  return (
    <fieldset class="choice" aria-label={props.label}>
      {props.options.map(({ id, title, class: name = "" }) => (
        <button
          key={id}
          type="button"
          class={name}
          aria-pressed={id === props.chosen}
          onClick={() => props.onChoose(id)}
        >
          {title}
        </button>
      ))}
    </fieldset>
  );
}

/** What an order will come to, by the book as it is. */
export function Outcome({ preview }: { readonly preview: Preview | undefined }) {
  if (preview === undefined) return null;
  const { averagePrice, taken, rests, unfilled, pays, receives, left } = preview;
  const { market } = chosenMarket.value ?? {};
  const isBuy = form.value.direction === "buy";
  return (
    <dl class="outcome" aria-label="What will happen, by the book as it is">
      {averagePrice === undefined ? null : (
        <Line title={rests === "0" ? "Average price" : "At once, average"}>
          <Num value={averagePrice} unit={market?.quote} />{" "}
          <Slip average={averagePrice} isBuy={isBuy} />
        </Line>
      )}
      {isPositive(rests) && isPositive(taken.quantity) ? (
        <Line title="Rests in the book">
          <Num value={normalized(rests)} unit={market?.base} />
        </Line>
      ) : null}
      <Line title={isBuy ? "Cost" : "Sold"}>
        <Figure of={pays} />
      </Line>
      <FeeLine preview={preview} />
      <Line title={feeRates.value === undefined ? "You receive, before the fee" : "You receive"}>
        <Figure of={receives} />
      </Line>
      {account.value === undefined ? null : (
        <Line title="Left">
          {left === undefined ? <span class="soft">not known yet</span> : <Figure of={left} />}
        </Line>
      )}
      <Warnings unfilled={unfilled} left={left} taken={taken.quantity} />
    </dl>
  );
}

function Line({
  title,
  children,
}: {
  readonly title: string;
  readonly children: ComponentChildren;
}) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Figure({ of: { amount, currency } }: { readonly of: Amount }) {
  return <Num value={normalized(amount)} unit={currency} />;
}

/** How much worse than the best price an average is. */
function Slip({ average, isBuy }: { readonly average: string; readonly isBuy: boolean }) {
  const [best] = isBuy ? book.value.asks : book.value.bids;
  if (best === undefined) return null;
  const worse = isBuy ? subtract(average, best[0]) : subtract(best[0], average);
  const percent = divide(multiply(worse, "100"), best[0], 2);
  return isPositive(percent) ? (
    <span class="soft note">{percentText(percent)} off the best price</span>
  ) : null;
}

function FeeLine({ preview: { fee, taken, rests } }: { readonly preview: Preview }) {
  const known = feeRates.value?.rates;
  if (known === undefined) {
    const isStranger = account.value === undefined;
    const why = isStranger ? "known after signing in" : (feeTrouble.value ?? "not known yet");
    return (
      <Line title="Fee">
        <span class="soft">{why}</span>
      </Line>
    );
  }
  const { makerPercent, takerPercent } = known;
  const rates = [
    isPositive(taken.quantity) ? `${percentText(takerPercent)} at once` : "",
    isPositive(rests) ? `${percentText(makerPercent)} resting` : "",
  ];
  return (
    <Line title={compare(fee.amount, "0") < 0 ? "Rebate" : "Fee"}>
      <Num value={normalized(fee.amount).replace(/^-/, "")} unit={fee.currency} />
      <span class="soft note" title="Your rates in this market, as the server tells them">
        {rates.filter((text) => text !== "").join(", ")}
      </span>
    </Line>
  );
}

function Warnings(props: {
  readonly unfilled: Unfilled | undefined;
  readonly left: Amount | undefined;
  readonly taken: string;
}) {
  const { unfilled, left, taken } = props;
  const says: string[] = [];
  if (unfilled !== undefined) says.push(unfilledWords(unfilled, isPositive(taken)));
  if (left !== undefined && compare(left.amount, "0") < 0)
    says.push(
      `That is ${normalized(left.amount).slice(1)} ${left.currency} more than you have available.`,
    );
  if (linkState.value.is !== "live") says.push("The book may be old: there is no live connection.");
  return (
    <>
      {says.map((text) => (
        <div key={text} class="outcome-warning">
          {text}
        </div>
      ))}
    </>
  );
}

function unfilledWords({ amount, currency, lacks }: Unfilled, isSome: boolean): string {
  const rest = `${normalized(amount)} ${currency}`;
  if (lacks === "money")
    return `There is too little money for ${rest} of it, which would be cancelled.`;
  return isSome
    ? `${rest} of it find nobody within about 5 % of the best price and would be cancelled.`
    : "There is nobody to trade with at present.";
}
