/** The instrument that is looked at: the one that the address names, or else the first there is. */
import type { DepthScale, Market } from "@openbourse/client";
import { computed, effect, type ReadonlySignal } from "@preact/signals";
import { chooseMarket, currentMarket } from "../app/route.ts";
import { catalogState, instruments, marketsByName, scalesOf, wantScales } from "./catalog.ts";
import type { Instrument } from "./instruments.ts";
import { isShown, link } from "./shown.ts";

/** A market that is traded here, with its steps. */
export interface ChosenMarket {
  readonly market: Market;
  /** Its exact price step. */
  readonly tick: string;
  /** Steps to which its book can be grouped, the finest first. */
  readonly scales: readonly DepthScale[];
}

/** Id of the chosen instrument; undefined until there is one. */
export const chosenId: ReadonlySignal<string | undefined> = computed(
  () =>
    currentMarket.value ??
    (catalogState.value.is === "ready" ? instruments.value[0]?.id : undefined),
);
/** The chosen instrument; undefined until it is known, and where the address names nothing that is. */
export const chosen: ReadonlySignal<Instrument | undefined> = computed(() =>
  instruments.value.find(({ id }) => id === chosenId.value),
);
/** Name of the chosen market; undefined where a dataset's ticker is looked at. */
export const chosenName: ReadonlySignal<string | undefined> = computed(() => {
  const id = chosenId.value;
  return id !== undefined && marketsByName.value.has(id) ? id : undefined;
});
/** The chosen market and its steps; undefined until both are known, and where a dataset's ticker is looked at. */
export const chosenMarket: ReadonlySignal<ChosenMarket | undefined> = computed(() => {
  const market = marketsByName.value.get(chosenName.value ?? "");
  const scales = scalesOf(chosenName.value ?? "");
  const tick = scales?.[0]?.step;
  if (market === undefined || scales === undefined || tick === undefined) return undefined;
  return { market, tick, scales };
});

// Whoever comes without an address gets one that shows the same again.
effect(() => {
  const id = chosenId.value;
  if (isShown.value && id !== undefined && currentMarket.value === undefined)
    chooseMarket(id, true);
});

effect(() => {
  const name = chosenName.value;
  return name !== undefined && link.value !== undefined ? wantScales(name) : undefined;
});
