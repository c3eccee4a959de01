/** The fees that the user pays in the chosen market, as the server tells them. */
import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { chosenMarket } from "../market/chosen.ts";
import { type Account, account } from "../session/session.ts";
import type { FeeRates } from "./fees.ts";
import { onAccountChange } from "./private.ts";

/** Rates that are known, of one market. */
export interface KnownRates {
  readonly market: string;
  readonly rates: FeeRates;
}

const known = signal<KnownRates | undefined>(undefined);
const trouble = signal<string | undefined>(undefined);

/** The user's rates in the chosen market; undefined while they are not known. */
export const feeRates: ReadonlySignal<KnownRates | undefined> = computed(() =>
  known.value?.market === chosenMarket.value?.market.market ? known.value : undefined,
);
/** Why they are not known. */
export const feeTrouble: ReadonlySignal<string | undefined> = trouble;

/** Counted up when the rates may have changed, as after a time without news. */
const asked = signal(0);

/** Whose orders and balances were read: the first time is no news, since rates are asked for as well then. */
let readOf: Account | undefined;

onAccountChange(({ type }) => {
  if (type !== "synced") return;
  if (readOf === account.peek()) asked.value += 1;
  else readOf = account.peek();
});

const name = computed(() => chosenMarket.value?.market.market);

effect(() => {
  const rest = account.value?.rest;
  const market = name.value;
  void asked.value;
  trouble.value = undefined;
  if (rest === undefined) known.value = undefined;
  if (rest === undefined || market === undefined) return;
  let isOver = false;
  void rest.tariffs(market).then(
    ({ current }) => {
      if (!isOver) known.value = { market, rates: current };
    },
    (error: unknown) => {
      if (!isOver) trouble.value = error instanceof Error ? error.message : String(error);
    },
  );
  return () => {
    isOver = true;
  };
});
