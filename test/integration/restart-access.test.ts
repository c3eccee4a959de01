/** What was let in before a restart holds after it: tokens that nobody used, and requests that were taken. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemSecrets } from "../../server/src/adapters/crypto/system-secrets.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { StandingClock } from "../support/stepped-clock.ts";

const secrets = systemSecrets();
const balance = "/v2/user-api/exchange/account/balance";
const tokenPath = "/v2/user-api/exchange/account/web-socket/token";
const settings = { "exchange.participants.enabled": false, datasets: [] };

/** Requests are good for seconds, and a restart may take longer. */
const clock = new StandingClock();
const wallMs = () => Math.floor(clock.nowUs() / 1_000);

let root: string;
let data: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "openbourse-restart-"));
  data = join(root, "data");
});
afterEach(() => rmSync(root, { recursive: true }));

/** A request of the first demo user; made once, it can be sent any number of times. */
function signedGet(here: ServerHere, target: string, timestampMs: number) {
  const [user] = here.server.demoUsers;
  const nonce = secrets.randomHex(8);
  const text = `${timestampMs}\n${nonce}\nGET\n${target}\n`;
  const headers = {
    userId: user?.userId ?? "",
    timestamp: String(timestampMs),
    nonce,
    signature: secrets.hmacSha256Hex(user?.apiKey ?? "", text),
  };
  return (at: ServerHere) => fetch(`${at.http}${target}`, { headers });
}

async function newToken(here: ServerHere): Promise<string> {
  const reply = await signedGet(here, tokenPath, wallMs())(here);
  return ((await reply.json()) as { token: string }).token;
}

/** Whether a token opens a connection. */
function opens(here: ServerHere, token: string): Promise<boolean> {
  const socket = new WebSocket(`${here.ws}/ws?token=${token}`);
  return new Promise((resolve) => {
    socket.onopen = () => {
      socket.close();
      resolve(true);
    };
    socket.onerror = () => resolve(false);
  });
}

/** Copies the file of admissions with what belongs to it. */
function copyAdmissions(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const end of ["", "-wal", "-shm"]) {
    cpSync(join(from, `admissions.db${end}`), join(to, `admissions.db${end}`));
  }
}

/** Stops a server, or leaves what was let in as a process leaves it that is killed; and starts another. */
async function restarted(here: ServerHere, how: "stopped" | "killed"): Promise<ServerHere> {
  const left = join(root, "left");
  if (how === "killed") copyAdmissions(data, left);
  await here.server.stop();
  if (how === "killed") copyAdmissions(left, data);
  return startServerHere({ data, settings, clock });
}

describe.each(["stopped", "killed"] as const)("after a server was %s", (how) => {
  it("a token that was not used opens one connection, and a used one none", async () => {
    const first = await startServerHere({ data, settings, clock });
    const [used, unused] = [await newToken(first), await newToken(first)];
    expect(await opens(first, used)).toBe(true);

    const second = await restarted(first, how);
    expect(await opens(second, used)).toBe(false);
    expect(await opens(second, unused)).toBe(true);
    expect(await opens(second, unused)).toBe(false);
    await second.server.stop();
  });

  it("a request that was taken is not taken again, and a new one is at once", async () => {
    const first = await startServerHere({ data, settings, clock });
    const requests = [0, 3_000].map((aheadMs) => signedGet(first, balance, wallMs() + aheadMs));
    for (const send of requests) expect((await send(first)).status).toBe(200);

    const second = await restarted(first, how);
    for (const send of requests) {
      const reply = await send(second);
      expect(reply.status).toBe(401);
      expect(await reply.text()).toContain("may have been taken before");
    }
    expect((await signedGet(second, balance, wallMs() + 4_500)(second)).status).toBe(200);
    await second.server.stop();
  });
});

it("a start that knows nothing of what was taken refuses what may have been, and says for how long", async () => {
  // Participants, because on an exchange without a command nothing can have been taken.
  const first = await startServerHere({ data, settings: { datasets: [] }, clock });
  const taken = signedGet(first, balance, wallMs());
  expect((await taken(first)).status).toBe(200);
  await first.server.stop();
  rmSync(join(data, "admissions.db"));

  const second = await startServerHere({ data, settings, clock });
  clock.pass(1);
  for (const send of [taken, signedGet(second, balance, wallMs())]) {
    const reply = await send(second);
    expect(reply.status).toBe(401);
    const seconds = Number(reply.headers.get("retry-after"));
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(5);
  }
  await second.server.stop();
});
