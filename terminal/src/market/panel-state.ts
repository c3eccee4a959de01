/** What a panel shows of a thing that comes over the connection: its skeleton, itself, itself and how old it is, or what failed. */
import { computed, effect, type ReadonlySignal } from "@preact/signals";
import { h } from "preact";
import type { PanelState } from "../design/panel.tsx";
import { barsLostMs, hasFinazon } from "../session/finazon.ts";
import type { Loading } from "../session/loading.ts";
import { Losses } from "../session/losses.ts";
import { hasExchange, needsSignIn, offer, offerTrouble } from "../session/session.ts";
import { catalogState } from "./catalog.ts";
import { chosen, chosenId } from "./chosen.ts";
import { KeyLink } from "./key-link.tsx";
import { isShown, link } from "./shown.ts";

const losses = new Losses();

effect(() => {
  const stream = link.value?.stream;
  return stream === undefined ? undefined : losses.watch(stream);
});

/** Since when nothing comes of markets, or of datasets where there are none, in milliseconds since 1970; undefined while it does. */
export const marketsLostMs: ReadonlySignal<number | undefined> = computed(() =>
  hasExchange.value ? losses.sinceMs.value : barsLostMs.value,
);

/** Why no panel of the page can show anything yet; undefined where that is not so. */
export const nothingYet: ReadonlySignal<PanelState | undefined> = computed(() => {
  if (!isShown.value) return { is: "loading" };
  if (needsSignIn.value && chosen.value?.kind !== "ticker")
    return { is: "empty", text: "Sign in to see the markets: strangers are not served here." };
  if (!hasExchange.value && !hasFinazon.value)
    return { is: "empty", text: "Strangers are not served here.", action: h(KeyLink, {}) };
  const trouble = offerTrouble.value;
  if (offer.value === undefined && trouble !== undefined)
    return { is: "failed", text: trouble.message, retryAtMs: trouble.retryAtMs };
  if (chosen.value !== undefined) return undefined;
  const state = catalogState.value;
  if (state.is === "failed") return failed(state);
  if (state.is === "loading") return { is: "loading" };
  const id = chosenId.value;
  if (id !== undefined)
    return { is: "empty", text: `There is no market called ${id}: choose another one.` };
  const text = hasExchange.value
    ? "There is no market yet: add one with `openbourse markets add`."
    : "There is no ticker yet: they appear with their first trade.";
  return { is: "empty", text };
});

/** The state of a panel: `has` tells whether there is something to show. */
export function panelState(has: boolean, loading: Loading | undefined): PanelState {
  const nothing = nothingYet.value;
  if (nothing !== undefined) return nothing;
  // Bars of datasets come over a connection of their own.
  const sinceMs = chosen.value?.kind === "ticker" ? barsLostMs.value : marketsLostMs.value;
  if (has) return sinceMs === undefined ? { is: "ready" } : { is: "stale", sinceMs };
  if (loading?.is === "failed") return failed(loading);
  return { is: "loading" };
}

function failed({ text, retryAtMs }: Loading & { readonly is: "failed" }): PanelState {
  return { is: "failed", text, retryAtMs };
}
