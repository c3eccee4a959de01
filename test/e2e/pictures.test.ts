/** The pictures that documents show: `OPENBOURSE_TEST_PICTURES=1 npx vitest run test/e2e/pictures.test.ts` takes them anew. */
import { describe, it } from "vitest";
import { describeInBrowser } from "./support/stage.ts";
import { sizes, type Visit, wantsPictures } from "./support/visit.ts";

/** For a page to show all that it asks for, in milliseconds. */
const settleMs = 6_000;
const size = { width: 1_440, height: 900 };

async function signIn({ page }: Visit): Promise<void> {
  await page.getByRole("button", { name: "Demo user" }).first().click();
  await page.getByRole("tab", { name: /Balances/ }).click();
}

describe.skipIf(!wantsPictures)("pictures of the page", () => {
  // A demo has a past day, so that its charts are full from the first moment.
  describeInBrowser("in a demo", { settings: { "demo.pastHours": 24 } }, (stage) => {
    it("are taken of each page, in both themes and of a phone", async () => {
      for (const theme of ["dark", "light"] as const) {
        const visit = await stage.visit("/?market=BTC_USDT", { theme, size });
        await visit.live();
        await signIn(visit);
        await visit.page.waitForTimeout(settleMs);
        await visit.picture(`market-${theme}`);
      }
      const phone = await stage.visit("/?market=BTC_USDT", { theme: "dark", size: sizes.phone });
      await phone.live();
      await phone.page.waitForTimeout(settleMs);
      await phone.picture("market-phone");
      for (const name of ["data", "console", "docs"]) {
        const visit = await stage.visit(`/${name}`, { size });
        await visit.page.waitForTimeout(settleMs);
        await visit.picture(name);
      }
    });
  });
});
