import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Platform, type SocketLike, systemPlatform } from "../platform.ts";
import { CryptomusStream } from "./stream.ts";

type Listener = (event: { data: unknown; code: number; reason: string }) => void;
interface Request {
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
}

const market = "BTC_USDT";
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

let stream: CryptomusStream;
let requests: Request[];
let later: (() => void)[];
let tell: (type: string, message?: object) => void;
let heard: string[];

beforeEach(async () => {
  requests = [];
  later = [];
  heard = [];
  const listeners = new Map<string, Listener>();
  const socket: SocketLike = {
    readyState: 1,
    addEventListener: (type: string, listener: Listener) => listeners.set(type, listener),
    send: (text) => requests.push(JSON.parse(text) as Request),
    close: () => {},
  };
  tell = (type, message = {}) =>
    listeners.get(type)?.({ data: JSON.stringify(message), code: 1006, reason: "" });
  const platform: Partial<Platform> = {
    ...{ ...systemPlatform, openSocket: () => socket },
    after(ms, task) {
      if (ms === 15_000 || ms < 1_000) later.push(task);
      return () => {};
    },
  };
  stream = new CryptomusStream({ url: "ws://127.0.0.1:1", platform });
  await turn();
  tell("open");
});
afterEach(() => stream.close());

/** Listens to an interval, and lets the requests go. */
async function follow(intervalS: number): Promise<() => void> {
  const feed = stream.candles(market, intervalS);
  feed.listen(({ close }) => heard.push(close));
  await turn();
  return () => feed.close();
}

/** A candle that says with its price which interval it is of. */
function candle(price: string): void {
  const data = [[0, price, price, price, price, "1", "1", market]];
  tell("message", { id: 0, method: "candles_update", data });
}

/** Answers the oldest request that has no answer, and tells a candle with the very next word. */
async function answer(error: object | null = null, after?: string): Promise<Request> {
  const request = requests.shift();
  if (request === undefined) throw new Error("nothing was asked");
  tell("message", { id: request.id, data: null, error });
  if (after !== undefined) candle(after);
  await turn();
  return request;
}

describe("candles of an interval that takes the place of another", () => {
  it("come only when the server has answered for both", async () => {
    const stop = await follow(60);
    await answer();
    candle("60");
    stop();
    await follow(3_600);
    candle("60");
    expect((await answer()).method).toBe("candles_unsubscribe");
    candle("1");
    expect((await answer(null, "3600")).params).toEqual([market, 3_600]);
    expect(heard).toEqual(["60", "3600"]);
  });

  it("are not mistaken when somebody goes back and forth before the first answer", async () => {
    (await follow(60))();
    (await follow(3_600))();
    (await follow(60))();
    await follow(3_600);
    const order = [];
    while (requests.length > 0) {
      const { method, params } = await answer();
      order.push(`${method.slice(8)} ${params.join()}`);
      if (requests.length > 0) candle("2");
    }
    expect(order.at(-1)).toBe(`subscribe ${market},3600`);
    candle("3600");
    expect(heard).toEqual(["3600"]);
  });

  it("wait for an interval that the server did not stop, which is asked for again", async () => {
    const stop = await follow(60);
    await answer();
    stop();
    await follow(3_600);
    await answer({ code: 2, message: "Too many requests" });
    await answer();
    candle("60");
    expect(heard).toEqual([]);
    for (const task of later.splice(0)) task();
    await turn();
    expect(await answer()).toMatchObject({ method: "candles_unsubscribe", params: [market, 60] });
    candle("3600");
    expect(heard).toEqual(["3600"]);
  });

  it("come on the next connection, whatever was under way on the last", async () => {
    await follow(60);
    tell("close");
    for (const task of later.splice(0)) task();
    await turn();
    tell("open");
    await turn();
    requests.splice(0, requests.length - 1);
    expect((await answer()).method).toBe("candles_subscribe");
    candle("60");
    expect(heard).toEqual(["60"]);
  });
});
