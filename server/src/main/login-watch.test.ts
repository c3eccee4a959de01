import { describe, expect, it } from "vitest";
import { loginWatch } from "./login-watch.ts";

describe("somebody who is not let in", () => {
  it("is counted as refused where they were, and not where nobody could judge", () => {
    const counted: string[] = [];
    const figure = (name: string) => ({
      add: (by: number, labels = {}) => counted.push(`${name} ${Object.values(labels)} ${by}`),
      set: () => {},
    });
    const none = () => {};
    const watch = loginWatch(
      { counter: figure, gauge: figure },
      { debug: none, info: none, warn: none, error: none },
    );

    watch({ door: "cryptomus-stream", reason: "unknown-token", address: "10.0.0.9" });
    watch({ door: "cryptomus-stream", reason: "unavailable", address: "10.0.0.9" });

    expect(counted).toEqual([
      "openbourse_logins_refused_total cryptomus-stream,unknown-token 1",
      "openbourse_logins_unjudged_total cryptomus-stream 1",
    ]);
  });
});
