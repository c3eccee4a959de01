/** What a panel shows of a thing that comes over the connection: its skeleton, itself, itself and how old it is, or what failed. */
import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import type { PanelState } from "../design/panel.tsx";
import { needsSignIn, offer, offerTrouble } from "../session/session.ts";
import { catalogState } from "./catalog.ts";
import { chosen, chosenId } from "./chosen.ts";
import type { Loading } from "./loading.ts";
import { isShown, link } from "./shown.ts";

/** Since when nothing comes from the exchange, in milliseconds since 1970; undefined while it does. */
const lostAt = signal<number | undefined>(undefined);

effect(() => {
  const stream = link.value?.stream;
  lostAt.value = undefined;
  if (stream === undefined) return undefined;
  return stream.states.listen((state) => {
    if (state.state === "live") lostAt.value = undefined;
    else if (state.state === "stale") lostAt.value = state.heardMs;
    else lostAt.value ??= Date.now();
  });
});

/** Why no panel of the page can show anything yet; undefined where that is not so. */
export const nothingYet: ReadonlySignal<PanelState | undefined> = computed(() => {
  if (!isShown.value) return { is: "loading" };
  if (needsSignIn.value)
    return { is: "empty", text: "Sign in to see the markets: strangers are not served here." };
  const trouble = offerTrouble.value;
  if (offer.value === undefined && trouble !== undefined)
    return { is: "failed", text: trouble.message, retryAtMs: trouble.retryAtMs };
  if (chosen.value !== undefined) return undefined;
  const state = catalogState.value;
  if (state.is === "failed") return failed(state);
  if (state.is === "loading") return { is: "loading" };
  return chosenId.value === undefined
    ? { is: "empty", text: "There is no market yet: add one with `openbourse markets add`." }
    : { is: "empty", text: `There is no market called ${chosenId.value}: choose another one.` };
});

/** The state of a panel: `has` tells whether there is something to show. */
export function panelState(has: boolean, loading: Loading | undefined): PanelState {
  const nothing = nothingYet.value;
  if (nothing !== undefined) return nothing;
  const sinceMs = lostAt.value;
  if (has) return sinceMs === undefined ? { is: "ready" } : { is: "stale", sinceMs };
  if (loading?.is === "failed") return failed(loading);
  return { is: "loading" };
}

function failed({ text, retryAtMs }: Loading & { readonly is: "failed" }): PanelState {
  return { is: "failed", text, retryAtMs };
}
