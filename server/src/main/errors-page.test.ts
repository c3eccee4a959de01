import { describe, expect, it } from "vitest";
import { gatewayClosings } from "../adapters/ws/closings.ts";
import {
  closings as cryptomusClosings,
  streamErrorCodes,
  upgradeRefusals,
} from "../dialects/cryptomus/errors.ts";
import {
  accessErrors,
  restErrors as cryptomusRestErrors,
} from "../dialects/cryptomus/rest-errors.ts";
import {
  errorDocsPath,
  closings as finazonClosings,
  restErrors,
} from "../dialects/finazon/errors.ts";
import { dialects } from "./dialects.ts";
import { errorsPage } from "./errors-page.ts";

describe("the page about errors", () => {
  it("is where every error body's more_info leads, with an anchor for its code", () => {
    const { path, html } = errorsPage(dialects);
    for (const { code } of Object.values(restErrors)) {
      const [target, anchor] = errorDocsPath(code).split("#");
      expect(target).toBe(path);
      expect(html).toContain(`<h3 id="${anchor}">`);
    }
  });

  it("says why connections are closed, for every protocol", () => {
    const { html } = errorsPage(dialects);
    for (const closings of [gatewayClosings, finazonClosings, cryptomusClosings]) {
      for (const [why, { code, reason }] of Object.entries(closings)) {
        const cells = `<td>${why.replaceAll("-", " ")}</td><td>${reason}</td>`;
        expect(html).toMatch(new RegExp(`<tr><td>${code}</td><td>[^<]+</td>${cells}</tr>`));
      }
    }
  });

  it("has every message of the Cryptomus protocol", () => {
    const { html } = errorsPage(dialects);
    const messages = [
      ...Object.values(cryptomusRestErrors).map(({ message }) => message),
      ...Object.values(accessErrors).map(({ body }) => body.message),
      ...Object.values(upgradeRefusals).map(({ message }) => message),
    ];
    for (const message of messages) expect(html).toContain(`<td>${message}</td>`);
    for (const [why, code] of Object.entries(streamErrorCodes)) {
      expect(html).toContain(`<td>${code}</td><td>${why.replaceAll("-", " ")}</td>`);
    }
  });
});
