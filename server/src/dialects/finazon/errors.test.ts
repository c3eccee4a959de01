import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  errorDocsPath,
  failedReply,
  refusalReasons,
  restErrorReply,
  restErrors,
  type StreamError,
  streamErrorCodes,
  streamErrorMessage,
} from "./errors.ts";

const tickers = ["BTC/USDT", "AI/USDT"];

/** One error of every reason; the compiler asks for a new one here. */
const samples: { readonly [Reason in StreamError["reason"]]: StreamError & { reason: Reason } } = {
  "binary-frame": { reason: "binary-frame" },
  "invalid-json": { reason: "invalid-json" },
  "not-an-object": { reason: "not-an-object" },
  "invalid-field": { reason: "invalid-field", field: "channel", remedy: "Use bars." },
  "unknown-dataset": {
    reason: "unknown-dataset",
    field: "dataset",
    dataset: "nope",
    usable: ["huobi"],
  },
  "dataset-not-granted": { reason: "dataset-not-granted", dataset: "huobi" },
  "unknown-ticker": { reason: "unknown-ticker", ticker: "BGMS" },
  "more-unknown-tickers": { reason: "more-unknown-tickers", count: 7 },
  "already-subscribed": { reason: "already-subscribed", tickers },
  "not-subscribed": { reason: "not-subscribed", tickers },
  "too-many-tickers": { reason: "too-many-tickers", max: 2, tickers },
  "too-many-subscriptions": { reason: "too-many-subscriptions", max: 50_000, tickers },
  "dataset-finished": { reason: "dataset-finished", dataset: "huobi" },
  "dataset-failed": { reason: "dataset-failed", dataset: "huobi" },
  "too-many-messages": { reason: "too-many-messages", perMinuteMax: 100 },
  "revoked-key": { reason: "revoked-key" },
};

/** Words by which a live client recognises that its key is refused (docs/protocols/finazon). */
const authWords = /api key|unauthorized|invalid key|authentication|forbidden/i;

const readme = readFileSync(new URL("./README.md", import.meta.url), "utf8");

/** What the groups of a pattern are in every row of the README's tables that it matches. */
function readmeRows(row: RegExp): readonly (readonly string[])[] {
  return Array.from(readme.matchAll(row), (match) => match.slice(1));
}

describe("errors of the stream", () => {
  it("speak of the key when they mean it, and only then", () => {
    const speaking = Object.values(samples).filter((sample) =>
      authWords.test(streamErrorMessage(sample)),
    );

    expect(speaking.map((sample) => sample.reason)).toEqual(["dataset-not-granted", "revoked-key"]);
  });

  it("are taken for a bad ticker only when they are one", () => {
    const matching = Object.values(samples).filter((sample) =>
      /ticker (\S+) you have specified/.test(streamErrorMessage(sample)),
    );

    expect(matching.map((sample) => sample.reason)).toEqual(["unknown-ticker"]);
  });

  it("use the recorded sentences word for word", () => {
    expect(streamErrorMessage(samples["unknown-ticker"])).toBe(
      "The ticker BGMS you have specified is unrecognized or unsupported.",
    );
    expect(streamErrorMessage({ reason: "already-subscribed", tickers: ["AAPL", "TSLA"] })).toBe(
      "You are already subscribed to ticker: AAPL, TSLA.",
    );
  });

  it("list datasets up to a limit", () => {
    const usable = Array.from({ length: 11 }, (_, index) => `d${index}`);

    expect(streamErrorMessage({ ...samples["unknown-dataset"], usable })).toBe(
      "The dataset parameter is missing or invalid. There is no dataset nope here. Use one of d0, d1, d2, d3, d4, d5, d6, d7, d8, d9 and others.",
    );
    expect(streamErrorMessage({ ...samples["unknown-dataset"], usable: [] })).toBe(
      "The dataset parameter is missing or invalid. There is no dataset nope here. None is served at present.",
    );
  });

  it("have words for what the server itself refuses, where the protocol has them", () => {
    const codes = [408, 429, 500, 503].map((status) => {
      const { body = "{}" } = failedReply(status) ?? {};
      return JSON.parse(body).error?.code;
    });
    expect(codes).toEqual([
      "REQUEST_TIMEOUT",
      "API_RATE_LIMIT_EXCEEDED",
      "INTERNAL_SERVER_ERROR",
      "INTERNAL_SERVER_ERROR",
    ]);
    expect(failedReply(405)).toBeUndefined();
  });

  it("are the rows of the README's table", () => {
    expect(readmeRows(/^\| `([a-z-]+)` +\| `([A-Z_]+)` +\|/gm)).toEqual(
      Object.entries(streamErrorCodes),
    );
  });
});

describe("errors of REST", () => {
  it("have the recorded body, with status, code and where to read more", () => {
    expect(restErrorReply("invalid-parameter", "page")).toEqual({
      status: 400,
      body: '{"status":"error","error":{"status":400,"code":"INVALID_PARAMETER","message":"The page parameter is missing or invalid.","more_info":"/docs/errors#INVALID_PARAMETER"}}',
    });
    expect(errorDocsPath("INVALID_API_KEY")).toBe("/docs/errors#INVALID_API_KEY");
  });

  it("speak of the key when access is refused because of it", () => {
    expect(restErrors[refusalReasons["missing-key"]].message).toMatch(authWords);
    expect(restErrors[refusalReasons["unknown-key"]].message).toMatch(authWords);
    expect(restErrors[refusalReasons["revoked-key"]].message).toMatch(authWords);
    expect(restErrors["dataset-not-granted"].message).toMatch(authWords);
    expect(restErrors[refusalReasons["too-many-connections"]].message).not.toMatch(authWords);
    expect(restErrors[refusalReasons["too-many-calls"]].message).not.toMatch(authWords);
  });

  it("tell a caller who has to wait for how long, and nobody else", () => {
    for (const reason of Object.keys(restErrors) as (keyof typeof restErrors)[]) {
      const { status, headers } = restErrorReply(reason);
      expect(headers !== undefined && Number(headers["retry-after"]) > 0, reason).toBe(
        status === 429 || reason === "history-busy" || reason === "history-failed",
      );
    }
  });

  it("put in what the caller named as it is, shortened", () => {
    const endpoint = (path: string) =>
      JSON.parse(restErrorReply("unknown-endpoint", path).body).error.message;

    expect(endpoint("/$&/{subject}")).toBe(
      "The requested endpoint /$&/{subject} does not exist or could not be found.",
    );
    expect(endpoint("/".repeat(5_000))).toHaveLength(endpoint("").length + 65);
  });

  it("have words for what the server itself refuses, where the protocol has them", () => {
    const codes = [408, 429, 500, 503].map((status) => {
      const { body = "{}" } = failedReply(status) ?? {};
      return JSON.parse(body).error?.code;
    });
    expect(codes).toEqual([
      "REQUEST_TIMEOUT",
      "API_RATE_LIMIT_EXCEEDED",
      "INTERNAL_SERVER_ERROR",
      "INTERNAL_SERVER_ERROR",
    ]);
    expect(failedReply(405)).toBeUndefined();
  });

  it("are the rows of the README's table", () => {
    expect(readmeRows(/^\| `([a-z-]+)` +\| (\d+) +\| `([A-Z_]+)` +\|/gm)).toEqual(
      Object.entries(restErrors).map(([reason, { status, code }]) => [reason, `${status}`, code]),
    );
  });
});
