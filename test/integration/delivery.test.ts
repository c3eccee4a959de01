/** What an operator sees of the delivery to clients and can choose: sessions, figures, delay, TLS. */
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../server/src/adapters/clock/system-clock.ts";
import type { Clock } from "../../server/src/ports/clock.ts";
import { makeCertificate } from "../support/certificate.ts";
import { runHere } from "../support/command-here.ts";
import { listeners } from "../support/listeners.ts";
import { addKey } from "../support/operator.ts";
import {
  refusedStart,
  type ServerInside,
  startServerHere,
  startServerInside,
} from "../support/server-here.ts";
import { type ServerProcess, startServerProcess } from "../support/server-process.ts";
import { openStream } from "../support/stream-client.ts";

const flushDelayMs = 777;
const subscription = {
  event: "subscribe",
  dataset: "huobi",
  tickers: ["BTC/USDT", "ETH/USDT"],
  channel: "bars",
  frequency: "1s",
  aggregation: "1m",
};

let server: ServerInside;

beforeAll(async () => {
  server = await startServerInside();
});
afterAll(() => server.stop());

const sessions = (...args: readonly string[]) =>
  runHere(["sessions", "--data", server.data, ...args]);

describe("openbourse sessions", () => {
  it("lists who is connected and what they were sent, and nothing secret", async () => {
    const { key, id } = addKey(server.data, "research");
    const [one, two] = [
      await openStream(`${server.ws}/v1?apikey=${key}`),
      await openStream(`${server.ws}/v1?apikey=${server.demoKey}`),
    ];
    expect(await one.ask(subscription)).toContain("success");
    const { code, stdout, stderr } = await sessions("--json");
    expect([code, stderr]).toEqual([0, ""]);
    const { connections, sessions: listed } = JSON.parse(stdout);
    expect(connections).toBe(2);
    expect(listed[0]).toMatchObject({
      number: 1,
      dialect: "finazon",
      owner: `research/${id}`,
      subscriptions: 2,
      messagesIn: 1,
      behind: false,
      waitingBytes: 0,
    });
    expect(listed[0].framesOut).toBeGreaterThanOrEqual(1);
    expect(listed[1]).toMatchObject({ number: 2, subscriptions: 0, messagesIn: 0, bytesOut: 0 });

    const shown = await sessions("--limit", "1");
    const lines = shown.stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^number {2}protocol {2}opened/);
    expect(lines[1]).toMatch(
      new RegExp(`^1 +finazon .* good +127\\.0\\.0\\.1:\\d+ +research/${id}$`),
    );
    expect(lines[2]).toBe("connections: 2, of which 1 are listed; --limit lists more");
    expect(stdout + shown.stdout).not.toContain(key);
    await Promise.all([one.close(), two.close()]);
    expect((await sessions()).stdout).toBe("connections: 0\n");
  });

  it("needs a server that runs", async () => {
    const nowhere = join(server.data, "other");
    const { code, stdout, stderr } = await runHere(["sessions", "--data", nowhere]);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toBe(
      `openbourse: no server runs on the data folder ${nowhere}: name its own with --data\n`,
    );
    expect(existsSync(nowhere)).toBe(false);
  });

  it("lists the clients of a server without an exchange too", async () => {
    const yaml = "exchange: {enabled: false}";
    const marketData = await startServerInside({ yaml });
    const client = await openStream(`${marketData.ws}/v1?apikey=${marketData.demoKey}`);
    const { code, stdout } = await runHere(["sessions", "--data", marketData.data, "--json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      connections: 1,
      sessions: [{ dialect: "finazon" }],
    });
    await client.close();
    await marketData.stop();
  });

  it("refuses a limit that is none", async () => {
    for (const limit of ["0", "-1", "ten", "10001"]) {
      expect((await sessions("--limit", limit)).code).toBe(2);
    }
  });
});

describe("figures of clients that are behind", () => {
  it("are there, and zero while all keep up", async () => {
    for (const name of ["connections_behind", "outbox_bytes", "outbox_bytes_max"]) {
      expect(await server.figure(`openbourse_${name}`)).toBe(0);
    }
  });
});

/** The machine's clock, but for the flush: it comes when the test lets it come. */
class HeldFlushes implements Clock {
  readonly #system = systemClock();
  readonly held: (() => void)[] = [];

  nowUs(): number {
    return this.#system.nowUs();
  }

  monotonicMs(): number {
    return this.#system.monotonicMs();
  }

  after(delayMs: number, task: () => void): () => void {
    if (delayMs !== flushDelayMs) return this.#system.after(delayMs, task);
    this.held.push(task);
    return () => this.held.splice(this.held.indexOf(task), 1);
  }
}

describe("a flush delay", () => {
  it("gathers what is due for so long, and then sends it together and in order", async () => {
    const clock = new HeldFlushes();
    const settings = { "server.flushDelayMs": flushDelayMs, "exchange.enabled": false };
    const data = mkdtempSync(join(tmpdir(), "openbourse-patient-"));
    const here = await startServerHere({ data, clock, settings });
    onTestFinished(async () => {
      await here.server.stop();
      rmSync(data, { recursive: true });
    });
    const client = await openStream(`${here.ws}/v1?apikey=${here.server.demoKey}`);
    for (const id of [1, 2, 3]) client.send({ event: "heartbeat", request_id: id });
    const taken = () => here.figure("openbourse_messages_in_total");
    await expect.poll(taken).toBe(3);
    expect(client.received).toEqual([]);
    expect(clock.held.length).toBe(1);
    clock.held[0]?.();
    await client.until(({ json }) => json["request_id"] === 3);
    expect(client.received.map(({ json }) => json["request_id"])).toEqual([1, 2, 3]);
    await client.close();
  });
});

describe.each(listeners.filter(({ isSecure }) => isSecure))("over $name", (listener) => {
  let secure: ServerProcess;
  beforeAll(async () => {
    secure = await startServerProcess({ listener });
  });
  afterAll(async () => expect(await secure.stop()).toBe(0));

  it("printed addresses are those that work, and the administration is reached as before", async () => {
    const { stdout } = secure.output();
    expect(stdout).toMatch(/^openbourse listening on https:\/\/127\.0\.0\.1:\d+$/m);
    expect(stdout).not.toMatch(/(http|ws):\/\//);
    expect((await fetch(`${secure.http}/healthz`)).status).toBe(200);
    await expect(fetch(`http://127.0.0.1:${secure.port}/healthz`)).rejects.toThrow();
    const listed = await runHere(["sessions", "--data", secure.data]);
    expect(listed).toMatchObject({ code: 0, stdout: "connections: 0\n" });
  });

  it("a renewed certificate is shown after SIGHUP, and open connections stay", async () => {
    const stream = await openStream(`${secure.ws}/v1?apikey=${secure.demoKey}`);
    const folder = join(secure.data, "..");
    const before = await certificateOf(secure.port);
    makeCertificate(folder);
    expect(await certificateOf(secure.port)).toBe(before);
    secure.process.kill("SIGHUP");
    await expect.poll(() => certificateOf(secure.port)).not.toBe(before);
    const renewed = await certificateOf(secure.port);

    writeFileSync(join(folder, "test-key.pem"), "nothing");
    secure.process.kill("SIGHUP");
    await expect.poll(() => secure.output().stderr).toContain("the certificate was not renewed");
    expect(secure.output().stderr).toContain("test-key.pem holds no private key in PEM");
    expect(await certificateOf(secure.port)).toBe(renewed);
    stream.send({ event: "heartbeat", request_id: 1 });
    await stream.until(({ json }) => json["request_id"] === 1);
    await stream.close();
  });

  it("a server does not start with files that cannot be used, and says which", async () => {
    const wrong = join(server.data, "wrong.pem");
    writeFileSync(wrong, "nothing");
    const data = join(server.data, "tls");
    const settings = { "server.tls.cert": wrong, "server.tls.key": wrong };
    expect(await refusedStart({ data, settings })).toBe(
      `server.tls.cert: ${wrong} holds no certificate in PEM`,
    );
    const set = ["--port", "0", "--set", `server.tls.cert=${wrong}`];
    const half = await runHere(["serve", "--data", data, ...set]);
    expect(half.code).toBe(2);
    expect(half.stderr).toContain("server.tls.key is missing");
  });
});

/** Fingerprint of the certificate that a port shows. */
async function certificateOf(port: number): Promise<string> {
  // Which certificate it is is what is asked, not whether it is trusted.
  const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}
