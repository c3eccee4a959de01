/** Who is not let in leaves a trace: counted by door and reason, the address in the log at `debug`. */
import { mkdtempSync, rmSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type ServerHere, startServerHere } from "../support/server-here.ts";

const tokenPath = "/v2/user-api/exchange/account/web-socket/token";
const secret = "0123456789abcdef0123456789abcdef";

let data: string;
let here: ServerHere;
beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), "openbourse-refused-"));
  const settings = { "exchange.participants.enabled": false, datasets: [] };
  here = await startServerHere({ data, settings });
});
afterAll(async () => {
  await here.server.stop();
  rmSync(data, { recursive: true });
});

/** Asks once for a connection, and is refused; Node's own client would ask a second time. */
function refusedSocket(target: string): Promise<void> {
  const headers = {
    ...{ connection: "Upgrade", upgrade: "websocket" },
    ...{ "sec-websocket-version": "13", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==" },
  };
  return new Promise((resolve) => {
    get(`${here.http}${target}`, { headers }, (response) => {
      response.resume().once("end", resolve);
    });
  });
}

function signed(headers: Readonly<Record<string, string>>): Promise<Response> {
  return fetch(`${here.http}${tokenPath}`, { headers });
}

it("is counted for each door by the reason, with the address and without what was shown", async () => {
  const userId = here.server.demoUsers[0]?.userId ?? "";
  await signed({ userId, sign: secret });
  await signed({ userId, sign: secret });
  await signed({ userId: "00000000-0000-4000-8000-000000000000", sign: secret });
  await refusedSocket(`/ws?token=${secret}${secret}`);
  await refusedSocket(`/v1?apikey=${secret}`);
  await fetch(`${here.http}/latest/datasets?apikey=${secret}`);
  await fetch(`${here.http}/latest/datasets`);

  const expected = [
    ["cryptomus-rest", "bad-signature", 2],
    ["cryptomus-rest", "unknown-user", 1],
    ["cryptomus-stream", "unknown-token", 1],
    ["finazon-stream", "unknown-key", 1],
    ["finazon-rest", "unknown-key", 1],
    ["finazon-rest", "missing-key", 1],
  ] as const;
  const figures = (await (await fetch(`${here.http}/metrics`)).text()).split("\n");
  const lines = here.log.filter(({ phrase }) => phrase === "somebody was not let in");
  for (const [door, reason, times] of expected) {
    const name = `openbourse_logins_refused_total{door="${door}",reason="${reason}"}`;
    expect(figures).toContain(`${name} ${times}`);
    const told = lines.filter(
      ({ fields }) => fields["door"] === door && fields["reason"] === reason,
    );
    expect(told).toHaveLength(times);
    for (const { level, fields } of told) {
      expect(level).toBe("debug");
      expect(fields["address"]).toMatch(/127\.0\.0\.1$/);
    }
  }
  expect(JSON.stringify(lines)).not.toContain(secret);
});
