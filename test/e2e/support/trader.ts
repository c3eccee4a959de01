/** The two users of a demo: one in the browser, the other one to trade with. */
import type { Locator, Page } from "playwright-core";
import { CryptomusRest, type CryptomusUser } from "../../../client/src/index.ts";
import { addMarket, deposit } from "../../support/operator.ts";
import type { Stage } from "./stage.ts";

/** Both users, as programs. */
export interface Traders {
  readonly users: readonly CryptomusUser[];
  /** Whom the browser signs in as. */
  readonly own: CryptomusRest;
  readonly other: CryptomusRest;
}

const markets = [
  { code: "BTC_USDT", tick: "0.01", lot: "0.00001" },
  { code: "ETH_USDT", tick: "0.01", lot: "0.0001" },
] as const;
const wealth = { USDT: "100000", BTC: "10", ETH: "100" } as const;

/** Lists two markets without any orders, and gives the users of the demo that a stage plays the money for them. */
export async function tradersOf(stage: Stage): Promise<Traders> {
  const answer = await fetch(`${stage.http}/terminal/config.json`);
  const { demoUsers } = (await answer.json()) as { readonly demoUsers: readonly CryptomusUser[] };
  const [first, second] = demoUsers;
  if (first === undefined || second === undefined) throw new Error("there are no demo users");
  for (const market of markets) await addMarket(stage.data, market);
  for (const { userId: user } of [first, second])
    for (const [currency, amount] of Object.entries(wealth))
      await deposit(stage.data, { user, currency, amount });
  const restOf = (user: CryptomusUser) => new CryptomusRest({ url: stage.http, user });
  return { users: demoUsers, own: restOf(first), other: restOf(second) };
}

/** Cancels what either of them has open. */
export async function cancelAll({ own, other }: Traders): Promise<void> {
  for (const rest of [own, other])
    for (const { id } of await rest.openOrders({ limit: 100 })) await rest.cancel(id);
}

/** The figure of what is available, which is there when it is known. */
export function available(page: Page): Locator {
  return page.locator(".available .unit").first();
}

/** Signs the first demo user in with one click, and waits for their orders and their money. */
export async function signInDemo(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Demo user", exact: true }).click();
  await page.getByRole("tab", { name: "Open orders" }).waitFor();
  await available(page).waitFor();
}

/** Fills fields of the ticket by their labels. */
export async function fill(page: Page, fields: Readonly<Record<string, string>>): Promise<void> {
  for (const [label, value] of Object.entries(fields))
    await page.getByLabel(label, { exact: true }).fill(value);
}

/** Reviews what the ticket says, and sends it. */
export async function send(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^Review/ }).click();
  await page.getByRole("button", { name: /^Send/ }).click();
}
