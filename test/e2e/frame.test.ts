import { expect, it } from "vitest";
import { describeInBrowser } from "./support/stage.ts";
import { sizes } from "./support/visit.ts";

const quiet = { "exchange.participants.enabled": false };

describeInBrowser("the frame of the page", { settings: quiet }, (stage) => {
  it.each(["/", "/data", "/console"])(
    "is shown at %s in both themes without serious findings of axe",
    async (path) => {
      for (const theme of ["light", "dark"] as const) {
        const visit = await stage.visit(path, { theme });
        await visit.page.getByRole("navigation", { name: "Pages" }).waitFor();
        await visit.page.locator("main section").first().waitFor();
        expect(await visit.accessibilityFaults(), theme).toEqual([]);
      }
    },
  );

  it.each(["/", "/data", "/console"])("fits %s into 375 pixels", async (path) => {
    const visit = await stage.visit(path, { size: sizes.phone, hasTouch: true });
    await visit.page.locator("main section").first().waitFor();
    const wide = await visit.page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide).toBeLessThanOrEqual(375);
    expect(await visit.accessibilityFaults()).toEqual([]);
  });
});
