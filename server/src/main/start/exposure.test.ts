import { describe, expect, it } from "vitest";
import { loadConfig } from "../configuration.ts";
import { dialects } from "../dialects.ts";
import { exposureWarnings, isLoopback } from "./exposure.ts";

function warnings(settings: Readonly<Record<string, unknown>>): readonly string[] {
  const flags = Object.entries(settings).map(([name, value]) => ({
    path: name.split("."),
    value,
    origin: "test",
  }));
  const loaded = loadConfig({ environment: {}, flags });
  if (!loaded.ok) throw new Error(loaded.faults.join("\n"));
  return exposureWarnings(loaded.config, dialects);
}

const demo = { "demo.key": true, "demo.users": true };
const tls = { "server.tls": { cert: "cert.pem", key: "key.pem" } };

describe("a server that others reach", () => {
  it.each(["0.0.0.0", "::", "192.0.2.7", "example.org"])(
    "at %s is warned of plain HTTP, demo users and the demo key, each with its remedy",
    (host) => {
      const said = warnings({ "server.host": host, ...demo });
      expect(said).toEqual([
        expect.stringContaining("server.tls"),
        expect.stringContaining("--set demo.users=false"),
        expect.stringContaining("--set demo.key=false"),
      ]);
      for (const sentence of said) expect(sentence).toContain(host);
    },
  );

  it("with TLS and without a demo is warned of nothing", () => {
    const settings = { "server.host": "0.0.0.0", ...tls, "demo.key": false, "demo.users": false };
    expect(warnings(settings)).toEqual([]);
  });

  it.each(["127.0.0.1", "127.1.2.3", "localhost", "::1"])("is not the one at %s", (host) => {
    expect(isLoopback(host)).toBe(true);
    expect(warnings({ "server.host": host, ...demo })).toEqual([]);
  });
});
