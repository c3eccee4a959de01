/** Markets that take no orders: the server tells which in what it offers, and a refusal says so before that is read again. */
import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { chosenName } from "../market/chosen.ts";
import { isShown } from "../market/shown.ts";
import { offer, refreshOffer } from "../session/session.ts";

/** Between two looks at what the server offers, in milliseconds. */
const lookMs = 10_000;

/** What the server said of a market when it refused an order. */
const told = signal<{ readonly market: string; readonly words: string } | undefined>(undefined);

/** Why the chosen market takes no orders; undefined while it does. */
export const haltWords: ReadonlySignal<string | undefined> = computed(() => {
  const market = chosenName.value;
  if (market === undefined) return undefined;
  if (told.value?.market === market) return told.value.words;
  const isHalted = offer.value?.halted.includes(market) === true;
  return isHalted ? `Market ${market} does not take orders at present.` : undefined;
});

/** An order was refused since its market is halted. */
export function tellHalt(market: string, words: string): void {
  told.value = { market, words };
  void lookAgain();
}

/** Asks the server again. */
export async function lookAgain(): Promise<void> {
  await refreshOffer();
  told.value = undefined;
}

effect(() => {
  if (!isShown.value) return;
  const timer = setInterval(() => {
    if (!document.hidden) void lookAgain();
  }, lookMs);
  return () => clearInterval(timer);
});
