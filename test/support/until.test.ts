import { describe, expect, it } from "vitest";
import { until, untilTrue } from "./until.ts";

describe("waiting", () => {
  it("until nothing is raised tries again, and gives what came", async () => {
    let tries = 0;
    const result = await until(() => {
      tries += 1;
      if (tries < 3) throw new Error("not yet");
      return "there";
    });
    expect([tries, result]).toEqual([3, "there"]);
  });

  it("for an answer is another one, which the compiler sees to", async () => {
    let looks = 0;
    const isThere = () => {
      looks += 1;
      return looks === 3;
    };
    await untilTrue(isThere);
    expect(looks).toBe(3);
    // @ts-expect-error what answers raises nothing
    await until(isThere);
    // @ts-expect-error nor does what answers later
    await until(async () => isThere());
    expect(looks).toBe(5);
  });
});
