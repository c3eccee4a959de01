import { describe, expect, it } from "vitest";
import { errorDocsPath, restErrors } from "../dialects/finazon/errors.ts";
import { errorsPage } from "./errors-page.ts";

describe("the page about errors", () => {
  it("is where every error body's more_info leads, with an anchor for its code", () => {
    const { path, html } = errorsPage();
    for (const { code } of Object.values(restErrors)) {
      const [target, anchor] = errorDocsPath(code).split("#");
      expect(target).toBe(path);
      expect(html).toContain(`<h2 id="${anchor}">`);
    }
  });
});
