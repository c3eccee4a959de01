/** Whether the market page is shown: what only it needs is fetched only then. */
import { computed, type ReadonlySignal } from "@preact/signals";
import { currentPage } from "../app/route.ts";
import { type MarketLink, markets } from "../session/session.ts";

/** See the head of the file. */
export const isShown: ReadonlySignal<boolean> = computed(() => currentPage.value === "/");

/** The connection for public market data while the page is shown. */
export const link: ReadonlySignal<MarketLink | undefined> = computed(() =>
  isShown.value ? markets.value : undefined,
);
