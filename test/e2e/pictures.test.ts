/** The pictures that documents show: `OPENBOURSE_TEST_PICTURES=1 npx vitest run test/e2e/pictures.test.ts` takes them anew. */
import { describe, it } from "vitest";
import { SteppedClock } from "../support/stepped-clock.ts";
import { describeInBrowser } from "./support/stage.ts";
import { sizes, type Visit, wantsPictures } from "./support/visit.ts";

/** Minutes that participants have traded before a picture is taken. */
const minutes = 60;

const clock = new SteppedClock();
// Begins so long ago that it is now when they have traded.
clock.step(-minutes * 60);

/** Lets the participants trade through the minutes, a few of them each real second. */
async function tradeOn(): Promise<void> {
  for (let passed = 0; passed < minutes * 60; passed += 8) {
    clock.pass(8);
    await new Promise((resolve) => setTimeout(resolve, 110));
  }
}

async function signIn({ page }: Visit): Promise<void> {
  await page.getByRole("button", { name: "Demo user" }).first().click();
  await page.getByRole("tab", { name: /Balances/ }).click();
}

describe.skipIf(!wantsPictures)("pictures of the page", () => {
  describeInBrowser(
    "in a demo",
    { clock, settings: { "exchange.participants.rate": 30 } },
    (stage) => {
      it("are taken of each page, in both themes and of a phone", async () => {
        await tradeOn();
        for (const theme of ["dark", "light"] as const) {
          const visit = await stage.visit("/?market=BTC_USDT", { theme });
          await visit.live();
          await signIn(visit);
          await visit.page.waitForTimeout(4_000);
          await visit.picture(`market-${theme}`);
        }
        const phone = await stage.visit("/?market=BTC_USDT", { theme: "dark", size: sizes.phone });
        await phone.live();
        await phone.page.waitForTimeout(4_000);
        await phone.picture("market-phone");
        for (const name of ["data", "console"]) {
          const visit = await stage.visit(`/${name}`);
          await visit.live();
          await visit.page.waitForTimeout(4_000);
          await visit.picture(name);
        }
      });
    },
  );
});
