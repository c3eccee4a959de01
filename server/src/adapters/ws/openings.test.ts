import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { until } from "../../../../test/support/until.ts";
import { Hub } from "../../hub/hub.ts";
import type { Dialect, Session, UpgradeDecision } from "../../ports/dialect.ts";
import { VirtualClock } from "../../testing/virtual-clock.ts";
import { frameText } from "./frame.ts";
import { Gateway } from "./gateway.ts";
import { listenFor } from "./listening.fixture.ts";
import { openingsMax, openingWaitMaxMs } from "./openings.ts";
import { allocate } from "./socket-transport.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  // The peers first: a gateway would wait for those that never answer its closing.
  for (const close of closers.splice(0).toReversed()) await close();
});

/** A gateway whose dialect decides when the test says so. */
async function start(connectionsMax = 10) {
  const asked: ((decision: UpgradeDecision) => void)[] = [];
  const failures: ((error: Error) => void)[] = [];
  const log: string[] = [];
  let ended = 0;
  const session: Session = {
    ...{ owner: "somebody", messageBytesMax: 1_000, deadlineMs: Number.POSITIVE_INFINITY },
    started: () => [{ kind: "send", text: "welcome" }],
    receive: () => [],
    ended: () => {
      ended += 1;
    },
  };
  const dialect: Dialect = {
    name: "slow",
    accepts: (path) => path === "/slow",
    open: () =>
      new Promise((resolve, reject) => {
        asked.push(resolve);
        failures.push(reject);
      }),
  };
  const clock = new VirtualClock(0);
  const gateway = new Gateway({
    ...{ dialects: [dialect], clock, connectionsMax },
    hub: new Hub({ frameText, allocate, schedule: (task) => setImmediate(task) }),
    log: { debug() {}, info() {}, warn() {}, error: (phrase) => log.push(phrase) },
    outboxBytesMax: 1_000_000,
    pingIntervalMs: 25_000,
  });
  const port = await listenFor(gateway, closers);
  const knock = () => {
    const socket = connect(port, "127.0.0.1");
    socket.write(
      "GET /slow HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    closers.push(() => socket.destroy());
    return socket;
  };
  const askedFor = (count: number) => until(() => expect(asked.length).toBe(count));
  const accepted: UpgradeDecision = { kind: "accepted", session };
  return { asked, failures, log, gateway, clock, knock, askedFor, accepted, ended: () => ended };
}

async function answer(socket: Socket): Promise<string> {
  const [data] = await once(socket, "data");
  return String(data);
}

describe("an upgrade whose dialect has to ask others", () => {
  it("becomes a connection when it is decided, or is refused with what was decided", async () => {
    const { asked, knock, askedFor, accepted, gateway } = await start();
    const [first, second] = [knock(), knock()];
    await askedFor(2);
    const answers = Promise.all([answer(first), answer(second)]);
    asked[0]?.(accepted);
    asked[1]?.({ kind: "refused", status: 401, body: "{}" });
    const statuses = (await answers).map((text) => /^HTTP\/1\.1 (\d+)/.exec(text)?.[1]);
    expect(statuses.toSorted()).toEqual(["101", "401"]);
    await until(() => expect(gateway.connections).toBe(1));
  });

  it("gives back what was held for a peer that has gone away meanwhile", async () => {
    const { asked, knock, askedFor, accepted, gateway, ended } = await start();
    const socket = knock();
    await askedFor(1);
    socket.resetAndDestroy();
    await once(socket, "close");
    asked[0]?.(accepted);
    await until(() => expect(ended()).toBe(1));
    expect(gateway.connections).toBe(0);
  });

  it("is refused with 503 when that takes too long, and gives back what comes too late", async () => {
    const { asked, knock, askedFor, accepted, clock, ended } = await start();
    const socket = knock();
    await askedFor(1);
    const said = answer(socket);
    clock.advanceBy(openingWaitMaxMs * 1_000);
    expect(await said).toMatch(/^HTTP\/1\.1 503 /);
    expect(ended()).toBe(0);
    asked[0]?.(accepted);
    await until(() => expect(ended()).toBe(1));
  });

  it("is refused with 503 when the question fails, and the log says so", async () => {
    const { failures, knock, askedFor, log } = await start();
    const socket = knock();
    await askedFor(1);
    const said = answer(socket);
    failures[0]?.(new Error("nobody answers"));
    expect(await said).toMatch(/^HTTP\/1\.1 503 /);
    expect(log).toEqual(["a connection could not be decided"]);
  });

  it("counts as a connection while it waits", async () => {
    const { knock, askedFor } = await start(2);
    knock();
    knock();
    await askedFor(2);
    expect(await answer(knock())).toMatch(/^HTTP\/1\.1 503 /);
    expect(openingsMax).toBeGreaterThan(2);
  });

  it("is given back when the server stops before it is decided", async () => {
    const { asked, knock, askedFor, accepted, gateway, ended } = await start();
    const socket = knock();
    await askedFor(1);
    const said = answer(socket);
    await gateway.stop(0);
    asked[0]?.(accepted);
    expect(await said).toMatch(/^HTTP\/1\.1 503 /);
    expect(ended()).toBe(1);
  });
});
