/** All open orders of a user, however many pages they are. */
import type { CryptomusRest } from "./rest.ts";
import type { OrderFilter, OrderRow } from "./rest-messages.ts";

const pageMax = 100;
/** Rows that two pages have in common, so that orders which end while pages are read hide no others. */
const overlap = 50;
/** Largest offset that the protocol takes. */
const offsetMax = 10_000;

/** Reads them, the newest first; of more than 10,000 the newest. */
export async function openOrders(
  rest: CryptomusRest,
  filter: Pick<OrderFilter, "market" | "direction"> = {},
): Promise<readonly OrderRow[]> {
  const rows = new Map<string, OrderRow>();
  for (let offset = 0; offset <= offsetMax; offset += pageMax - overlap) {
    const page = await rest.openOrders({ ...filter, limit: pageMax, offset });
    for (const row of page) rows.set(row.id, row);
    if (page.length < pageMax) break;
  }
  return [...rows.values()];
}
