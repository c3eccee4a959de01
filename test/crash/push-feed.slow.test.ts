/**
 * A server to which a producer pushes is killed at any moment, again and again. What was acknowledged is
 * stored, and what the producer sends again because it was not is stored once.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Random } from "../../server/src/simulation/random.ts";
import { rounds } from "../support/rounds.ts";
import { startServerProcess } from "../support/server-process.ts";
import { untilTrue } from "../support/until.ts";
import { makeKey, overHttp, overWebSocket, Producer, storedTrades } from "./push-producer.ts";

const seed = Number(process.env["OPENBOURSE_TEST_SEED"] ?? Date.now() % 1_000_000);
/** Trades that are acknowledged before a kill, at most; the kill comes in the middle of what follows. */
const acknowledgedMax = 2_000;
const yaml = "exchange: { enabled: false }\ndatasets: [{ code: desk, feed: { kind: push } }]\n";

it.each([
  { name: "HTTP", way: overHttp, kills: rounds(1, 25) },
  { name: "WebSocket", way: overWebSocket, kills: rounds(2, 25) },
])(
  `loses nothing that was acknowledged over $name, in $kills kills (seed ${seed})`,
  async ({ way, kills }) => {
    const data = mkdtempSync(join(tmpdir(), "openbourse-push-kill-"));
    const random = new Random(seed, "kills");
    const producer = new Producer(random, { way, agoMsMax: 300_000 });
    let key: string | undefined;
    for (let kill = 0; kill < kills; kill += 1) {
      const server = await startServerProcess({ yaml, data });
      key ??= makeKey(data);
      const dying = producer.push(server.http, key);
      const enough = producer.acknowledged.length + 1 + random.below(acknowledgedMax);
      await untilTrue(() => producer.acknowledged.length >= enough);
      await server.stop("SIGKILL");
      await dying;
    }
    const acknowledged = new Set(producer.acknowledged);
    const last = await startServerProcess({ yaml, data });
    await producer.pushRest(last.http, key ?? "");
    await last.stop();
    const trades = await storedTrades(data, "desk", "A/B");
    const stored = trades.map(({ id }) => Number(id));
    const has = new Set(stored);
    expect([...acknowledged].filter((id) => !has.has(id))).toEqual([]);
    expect(has.size).toBe(stored.length);
    expect(has).toEqual(new Set(producer.acknowledged));
    expect(acknowledged.size).toBeGreaterThan(0);
    rmSync(data, { recursive: true, force: true });
  },
);
