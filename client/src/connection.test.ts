import { afterEach, describe, expect, it } from "vitest";
import { VirtualClock } from "../../server/src/testing/virtual-clock.ts";
import { closingMeaning } from "./closing.ts";
import { Connection, type ConnectionState, type ConnectionUse } from "./connection.ts";
import { ClientError } from "./fault.ts";
import { type Platform, type SocketLike, systemPlatform } from "./platform.ts";

type Listener = (event: { data: unknown; code: number; reason: string }) => void;

/** A socket that does what the test says. */
class Socket implements SocketLike {
  readonly readyState = 1;
  readonly url: string;
  readonly sent: string[] = [];
  isClosed = false;
  readonly #listeners = new Map<string, Listener>();

  constructor(url: string) {
    this.url = url;
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, listener);
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.isClosed = true;
  }

  tell(type: "open" | "message" | "close", event: object = {}): void {
    this.#listeners.get(type)?.({ data: "", code: 1006, reason: "", ...event });
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

interface Scene {
  readonly clock: VirtualClock;
  readonly connection: Connection;
  readonly sockets: Socket[];
  readonly states: ConnectionState[];
  readonly heard: string[];
}

const scenes: Scene[] = [];
afterEach(() => {
  for (const { connection, clock } of scenes.splice(0)) {
    connection.close();
    expect(clock.pendingTimers).toBe(0);
  }
});

/** A connection on a clock that stands still; waits are never shortened by chance. */
async function open(
  use: Partial<ConnectionUse> = {},
  platformToo: (clock: VirtualClock) => Partial<Platform> = () => ({}),
): Promise<Scene> {
  const clock = new VirtualClock();
  const sockets: Socket[] = [];
  const heard: string[] = [];
  const platform: Platform = {
    ...systemPlatform,
    monotonicMs: () => clock.monotonicMs(),
    wallMs: () => clock.nowUs() / 1_000,
    after: (ms, task) => clock.after(ms, task),
    random: () => 1 - Number.EPSILON,
    openSocket(url) {
      const socket = new Socket(url);
      sockets.push(socket);
      return socket;
    },
    ...platformToo(clock),
  };
  let token = 0;
  const connection = new Connection(
    {
      address: () => {
        token += 1;
        return Promise.resolve(`ws://server?token=${token}`);
      },
      heartbeat: () => "beat",
      meaningOf: (code, reason) => closingMeaning({ code, reason }, /banned/),
      opened: () => heard.push("opened"),
      lost: () => heard.push("lost"),
      received: (text) => heard.push(text),
      ...use,
    },
    platform,
    { minMs: 1_000, maxMs: 8_000, heartbeatMs: 15_000, staleMs: 20_000, deadMs: 30_000 },
  );
  const states: ConnectionState[] = [];
  connection.states.listen((state) => states.push(state));
  connection.start();
  await turn();
  const scene = { clock, connection, sockets, states, heard };
  scenes.push(scene);
  return scene;
}

async function pass({ clock }: Scene, ms: number): Promise<void> {
  clock.advanceBy(ms * 1_000);
  await turn();
}

describe("a connection", () => {
  it("is live from the handshake on, and hands over what comes", async () => {
    const scene = await open();
    expect(scene.connection.send("too early")).toBe(false);
    scene.sockets[0]?.tell("open");
    scene.sockets[0]?.tell("message", { data: "hello" });
    expect(scene.connection.send("hi")).toBe(true);
    expect(scene.states.map(({ state }) => state)).toEqual(["connecting", "live"]);
    expect(scene.heard).toEqual(["opened", "hello"]);
    expect(scene.sockets[0]?.sent).toEqual(["hi"]);
  });

  it("comes back with a new address, after twice the wait each time, up to a bound", async () => {
    const scene = await open();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 6; attempt += 1) {
      scene.sockets.at(-1)?.tell("close");
      await turn();
      const { state } = scene.connection;
      if (state.state !== "waiting") throw new Error(state.state);
      const waitMs = Math.round(state.retryAtMs - scene.clock.nowUs() / 1_000);
      waits.push(waitMs);
      await pass(scene, waitMs);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 8_000, 8_000]);
    expect(new Set(scene.sockets.map(({ url }) => url)).size).toBe(7);
  });

  it("waits shortly again once a connection has lasted", async () => {
    const scene = await open();
    for (const _ of [1, 2]) {
      scene.sockets.at(-1)?.tell("close");
      await turn();
      await pass(scene, 8_000);
    }
    scene.sockets.at(-1)?.tell("open");
    await pass(scene, 11_000);
    scene.sockets.at(-1)?.tell("close", { code: 1006 });
    expect(scene.connection.state).toMatchObject({ state: "waiting", attempt: 0 });
    expect(scene.connection.counts.reconnects).toBe(0);
  });

  it("asks whether the server is there, is stale when it is silent, and gives it up in the end", async () => {
    const scene = await open();
    const [first] = scene.sockets;
    first?.tell("open");
    await pass(scene, 15_000);
    expect(first?.sent).toEqual(["beat"]);
    await pass(scene, 4_999);
    expect(scene.connection.state.state).toBe("live");
    await pass(scene, 1);
    const heardMs = scene.clock.nowUs() / 1_000 - 20_000;
    expect(scene.connection.state).toEqual({ state: "stale", heardMs });
    await pass(scene, 10_000);
    expect(scene.connection.state).toMatchObject({
      ...{ state: "waiting", why: { kind: "silent", silentMs: 30_000 } },
    });
    expect(first?.isClosed).toBe(true);
    expect(scene.heard).toEqual(["opened", "lost"]);
    expect(scene.connection.counts.stales).toBe(1);
  });

  it("is kept where timers are late, as those of a tab that nobody sees, and given up when it does not answer", async () => {
    const minuteMs = 60_000;
    const scene = await open({}, (clock) => ({
      after(ms, task) {
        const dueMs = Math.ceil((clock.monotonicMs() + ms) / minuteMs) * minuteMs;
        return clock.after(dueMs - clock.monotonicMs(), task);
      },
    }));
    const [first] = scene.sockets;
    first?.tell("open");
    for (let minutes = 1; minutes <= 3; minutes += 1) {
      await pass(scene, minuteMs);
      expect(scene.connection.state.state).toBe("live");
      expect(first?.sent).toHaveLength(minutes);
      first?.tell("message", { data: "here" });
    }
    await pass(scene, 2 * minuteMs);
    expect(scene.connection.state).toMatchObject({ state: "waiting", why: { kind: "silent" } });
    expect(scene.connection.counts.stales).toBe(0);
  });

  it("is live again with the first word after a silence", async () => {
    const scene = await open();
    scene.sockets[0]?.tell("open");
    await pass(scene, 25_000);
    scene.sockets[0]?.tell("message", { data: "here" });
    expect(scene.connection.state.state).toBe("live");
    await pass(scene, 19_000);
    expect(scene.connection.state.state).toBe("live");
  });

  it("gives up a handshake that does not end, and an address that does not come", async () => {
    const slow = await open();
    await pass(slow, 10_000);
    expect(slow.connection.state).toMatchObject({ state: "waiting", why: { kind: "timeout" } });
    expect(slow.sockets[0]?.isClosed).toBe(true);
    slow.sockets[0]?.tell("open");
    expect(slow.heard).toEqual([]);
    const silent = await open({ address: () => new Promise(() => {}) });
    await pass(silent, 10_000);
    expect(silent.connection.state).toMatchObject({ state: "waiting", why: { kind: "timeout" } });
  });

  it("is going away when the server says so, and comes back", async () => {
    const scene = await open();
    scene.sockets[0]?.tell("open");
    scene.sockets[0]?.tell("close", { code: 1001, reason: "the server is shutting down" });
    expect(scene.connection.state).toMatchObject({ state: "going-away", attempt: 0 });
    await pass(scene, 1_000);
    scene.sockets[1]?.tell("open");
    expect(scene.connection.state.state).toBe("live");
    expect(scene.connection.counts.reconnects).toBe(1);
  });

  it.each([
    [1008, "banned", "closed"],
    [1009, "", "closed"],
    [1007, "Invalid JSON", "closed"],
    [1008, "slow consumer: messages were not read fast enough", "waiting"],
    [1001, "No requests for too long", "waiting"],
    [1006, "", "waiting"],
    [1011, "", "waiting"],
  ])("that is closed with %i %s is then %s", async (code, reason, expected) => {
    const scene = await open();
    scene.sockets[0]?.tell("open");
    scene.sockets[0]?.tell("close", { code, reason });
    expect(scene.connection.state).toMatchObject({
      ...{ state: expected, why: { kind: "ended", code, reason } },
    });
  });

  it("does not come back where the credentials are refused, and waits as long as it is asked to", async () => {
    const refused = await open({
      address: () =>
        Promise.reject(new ClientError({ kind: "unauthorized", message: "User not found." })),
    });
    expect(refused.connection.state).toMatchObject({ state: "closed" });
    const limited = await open({
      whyRefused: () =>
        Promise.resolve({ kind: "rate-limited", message: "later", retryAfterMs: 60_000 }),
    });
    limited.sockets[0]?.tell("close");
    await turn();
    await pass(limited, 59_999);
    expect(limited.sockets).toHaveLength(1);
    await pass(limited, 1);
    expect(limited.sockets).toHaveLength(2);
  });

  it("is given up for a new one when a message cannot be read", async () => {
    const scene = await open({
      received: () => {
        throw new Error("no number");
      },
    });
    scene.sockets[0]?.tell("open");
    scene.sockets[0]?.tell("message", { data: "1e" });
    expect(scene.connection.state).toMatchObject({
      state: "waiting",
      why: { kind: "unreadable", message: "a message cannot be read: no number" },
    });
    await pass(scene, 1_000);
    expect(scene.sockets).toHaveLength(2);
  });

  it("is left alone by what an older socket still says", async () => {
    const scene = await open();
    scene.sockets[0]?.tell("open");
    scene.sockets[0]?.tell("message", { data: 5 });
    await pass(scene, 1_000);
    scene.sockets[1]?.tell("open");
    scene.sockets[0]?.tell("message", { data: "ghost" });
    scene.sockets[0]?.tell("close");
    expect(scene.heard).toEqual(["opened", "lost", "opened"]);
    expect(scene.connection.state.state).toBe("live");
  });
});
