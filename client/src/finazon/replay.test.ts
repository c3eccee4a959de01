/** What a session asks for, and what it makes of the answers. */
import { describe, expect, it } from "vitest";
import { parseExact } from "../exact-json.ts";
import type { HttpAnswer, HttpRequest, Platform } from "../platform.ts";
import { ReplaySession } from "./replay.ts";
import { FinazonRest } from "./rest.ts";

const atMs = Date.UTC(2024, 7, 8, 10, 31) + 400;
const state = {
  ...{ session: "mine", state: "paused", speed: 2.5, datasets: ["day", "night"] },
  ...{ at: atMs / 1_000, time: "2024-08-08T10:31:00.400Z", first: "2024-08-08T10:00:00.000Z" },
};

/** A session whose questions are kept, and are all answered alike. */
function sessionWith(answer: object) {
  const asked: (readonly [string, object | undefined])[] = [];
  const session = new ReplaySession((action, body) => {
    asked.push([action, body]);
    return Promise.resolve(parseExact(JSON.stringify(answer)));
  });
  return { session, asked };
}

describe("a session of the client", () => {
  it("asks for each action by its name, with what it needs", async () => {
    const { session, asked } = sessionWith(state);
    await session.state();
    await session.play();
    await session.pause();
    await session.step();
    await session.step("bar");
    await session.seek(atMs);
    await session.setSpeed(20);
    await session.end();
    expect(asked).toEqual([
      ["state", undefined],
      ["play", {}],
      ["pause", {}],
      ["step", { step: "trade" }],
      ["step", { step: "bar" }],
      ["seek", { to: atMs / 1_000 }],
      ["speed", { speed: 20 }],
      ["end", {}],
    ]);
  });

  it("tells where its clock is, in milliseconds", async () => {
    const { session } = sessionWith(state);
    expect(await session.pause()).toEqual({
      ...{ session: "mine", state: "paused", clockMs: atMs, speed: 2.5 },
      ...{ firstMs: Date.UTC(2024, 7, 8, 10), datasets: ["day", "night"] },
    });
  });

  it("says of a clock that has not begun that its times are not known", async () => {
    const { session } = sessionWith({ ...state, state: "waiting", at: null, first: null });
    expect(await session.state()).toMatchObject({
      ...{ state: "waiting", clockMs: undefined, firstMs: undefined },
    });
  });

  it("has volumes of a timeline digit by digit, and names the ticker in the path", async () => {
    const { session, asked } = sessionWith({});
    expect(await session.timeline("day", "BTC/USDT")).toMatchObject({
      ...{ fromMs: undefined, toMs: undefined, isWhole: false, bars: [] },
    });
    expect(asked).toEqual([["timeline?dataset=day&ticker=BTC%2FUSDT", undefined]]);

    const text = `{"from":"2024-08-08T10:00:00Z","to":"2024-08-08T10:02:00Z","whole":true,
      "seconds":60,"data":[{"t":1723111200,"v":0.12345678901234567890}]}`;
    const exact = new ReplaySession(() => Promise.resolve(parseExact(text)));
    expect(await exact.timeline("day", "BTC/USDT")).toEqual({
      ...{ fromMs: Date.UTC(2024, 7, 8, 10), toMs: Date.UTC(2024, 7, 8, 10, 2), isWhole: true },
      barMs: 60_000,
      bars: [{ startMs: 1_723_111_200_000, volume: "0.12345678901234567890" }],
    });
  });
});

/** A platform that answers each request with the next of some answers, and keeps what was asked. */
function restWith(answers: readonly (HttpAnswer | Error)[]) {
  const asked: (readonly [string, HttpRequest])[] = [];
  const platform: Partial<Platform> = {
    after: (_, task) => {
      queueMicrotask(task);
      return () => undefined;
    },
    request(url, request) {
      asked.push([url, request]);
      const answer = answers[Math.min(asked.length, answers.length) - 1];
      return answer instanceof Error || answer === undefined
        ? Promise.reject(answer ?? new Error("no answer"))
        : Promise.resolve(answer);
    },
  };
  const rest = new FinazonRest({ url: "http://house/", key: () => "KEY", platform });
  return { session: rest.replay("a b"), asked };
}

const answer = (status: number, body: object): HttpAnswer => ({
  ...{ status, text: JSON.stringify(body), retryAfterMs: undefined },
});

describe("a session over REST", () => {
  it("shows the key of the moment and names itself", async () => {
    const { session, asked } = restWith([answer(200, state)]);
    await session.timeline("day", "A/B").catch(() => undefined);
    await session.seek(1_000);
    expect(asked).toMatchObject([
      [
        "http://house/openbourse/v1/replay/timeline?session=a%20b&dataset=day&ticker=A%2FB",
        { method: "GET", headers: { authorization: "apikey KEY" } },
      ],
      [
        "http://house/openbourse/v1/replay/seek?session=a%20b",
        { method: "POST", body: '{"to":1}' },
      ],
    ]);
  });

  it("asks again where the clock is, but does not step once more when there is no answer", async () => {
    const lost = restWith([new Error("reset"), answer(200, state)]);
    expect(await lost.session.state()).toMatchObject({ clockMs: atMs });
    expect(lost.asked).toHaveLength(2);

    const step = restWith([new Error("reset"), answer(200, state)]);
    await expect(step.session.step()).rejects.toMatchObject({ fault: { kind: "network" } });
    expect(step.asked).toHaveLength(1);
  });

  it("is refused with the server's words", async () => {
    const error = { code: "CLOCK_REFUSED", message: "nothing has been played yet" };
    const { session } = restWith([answer(409, { error })]);
    await expect(session.seek(1)).rejects.toMatchObject({
      fault: { kind: "refused", code: "CLOCK_REFUSED", message: "nothing has been played yet" },
    });
  });
});
