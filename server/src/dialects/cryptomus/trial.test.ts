import { describe, expect, it } from "vitest";
import { systemSecrets } from "../../adapters/crypto/system-secrets.ts";
import { loadConfig } from "../../main/configuration.ts";
import { cryptomus } from "./protocol.ts";

describe("trying the protocol as a demo user", () => {
  const loaded = loadConfig({ environment: {}, flags: [] });
  if (!loaded.ok) throw new Error(loaded.faults.join());
  const standard = (loaded.config as unknown as { cryptomus: { md5: boolean } }).cryptomus;
  const at = { http: "https://127.0.0.1:8080", ws: "wss://127.0.0.1:8080" };
  const linesWith = (md5: boolean) =>
    cryptomus.trial?.ofUser?.(
      at,
      { userId: "a", apiKey: "fixture-api-key" },
      { secrets: systemSecrets(), config: { ...standard, md5 } as never },
    );

  it("is shown in lines that can be pasted, signed for a request without a body", () => {
    // The signature is that of docs/protocols/cryptomus, Signing.
    const signed = "-H 'userId: a' -H 'sign: 7192c86862fa543f3d1e1f0c10d0d494'";
    const account = "https://127.0.0.1:8080/v2/user-api/exchange/account";
    expect(linesWith(true)).toEqual([
      `balance: curl -s ${account}/balance ${signed}`,
      `account stream: wss://127.0.0.1:8080/ws?token=TOKEN (token from curl -s ${account}/web-socket/token ${signed})`,
    ]);
  });

  it("has no line where MD5 is not taken", () => {
    expect(linesWith(false)).toEqual([]);
  });
});
