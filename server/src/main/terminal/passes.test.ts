import { describe, expect, it } from "vitest";
import { MinuteQuota } from "../../access/minute-quota.ts";
import type { RestRequest } from "../../ports/rest.ts";
import { Passes, type PassOptions } from "./passes.ts";

function passes(options: Partial<PassOptions> = {}) {
  let made = 0;
  const given = new Passes({
    limits: { passesPerAddressMax: 2, passesPerMinuteMax: 5 },
    quota: new MinuteQuota(),
    isAllowed: true,
    passOf: (protocol) => (protocol === "toy" ? (address) => `${address}:${++made}` : undefined),
    ...options,
  });
  const ask = async (address: string, nowMs = 0, protocol = "toy") => {
    const request = { query: { protocol }, address } as unknown as RestRequest;
    const { status, body, headers } = await given.route.handle(request, nowMs);
    return { status, headers, ...(JSON.parse(body) as { pass?: string; message?: string }) };
  };
  return { given, ask };
}

describe("passes of visitors", () => {
  it("are made by the protocol that is named", async () => {
    const { ask } = passes();
    expect(await ask("10.0.0.1")).toMatchObject({ status: 200, pass: "10.0.0.1:1" });
    expect(await ask("10.0.0.1", 0, "other")).toMatchObject({ status: 404 });
  });

  it("are so many a minute for one address, which is told when to come back", async () => {
    const { ask, given } = passes();
    for (const status of [200, 200, 429])
      expect(await ask("10.0.0.1", 15_000)).toMatchObject({ status });
    expect(await ask("10.0.0.1", 15_000)).toMatchObject({ headers: { "retry-after": "45" } });
    expect(await ask("10.0.0.2", 15_000)).toMatchObject({ status: 200 });
    expect(await ask("10.0.0.1", 60_000)).toMatchObject({ status: 200 });
    expect(given.counts).toEqual({ given: 4, refused: 2 });
  });

  it("count a whole network of version 6 as one address", async () => {
    const { ask } = passes();
    const answers = [];
    for (const last of ["1", "2", "3:4:5"]) answers.push(await ask(`2001:db8:0:7::${last}`));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
  });

  it("are so many a minute for all together, this machine included", async () => {
    const { ask } = passes();
    for (let count = 0; count < 5; count += 1)
      expect(await ask("127.0.0.1")).toMatchObject({ status: 200 });
    expect(await ask("127.0.0.1")).toMatchObject({ status: 429 });
    expect(await ask("10.0.0.9")).toMatchObject({ status: 429 });
  });

  it("are given to nobody where the operator wants to know who looks", async () => {
    const { ask } = passes({ isAllowed: false });
    expect(await ask("10.0.0.1")).toMatchObject({
      status: 403,
      message: "this server shows market data to its users only: sign in",
    });
  });
});
