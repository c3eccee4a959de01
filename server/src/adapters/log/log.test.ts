import { describe, expect, it } from "vitest";
import type { LogFields } from "../../ports/log.ts";
import { createLog, type LogLevel, logTextMax } from "./log.ts";

/** A log whose lines can be read. */
function logInto(lines: string[], level: LogLevel = "debug", pretty = false) {
  return createLog({ level, pretty, destination: { write: (line) => void lines.push(line) } });
}

/** The object of the one line that `phrase` and `fields` make. */
function entryOf(phrase: string, fields?: LogFields): Record<string, unknown> {
  const lines: string[] = [];
  logInto(lines).info(phrase, fields);
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? "");
}

describe("a log", () => {
  it("writes one JSON object a line: level, time, fields, phrase", () => {
    const lines: string[] = [];

    logInto(lines).info("client connected", { workspace: "desk", connections: 2, isFirst: false });

    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      /^\{"level":"info","time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","workspace":"desk","connections":2,"isFirst":false,"msg":"client connected"\}\n$/,
    );
  });

  it.each([
    ["debug", ["debug", "info", "warn", "error"]],
    ["info", ["info", "warn", "error"]],
    ["warn", ["warn", "error"]],
    ["error", ["error"]],
    ["silent", []],
  ] as const)("at level %s writes %j", (level, written) => {
    const lines: string[] = [];
    const log = logInto(lines, level);

    for (const name of ["debug", "info", "warn", "error"] as const) log[name]("said");

    expect(lines.map((line) => JSON.parse(line).level)).toEqual(written);
  });

  it("takes a phrase as it is, without filling in anything", () => {
    expect(entryOf("%s %d %j {} 100%", { a: 1 })).toMatchObject({ msg: "%s %d %j {} 100%", a: 1 });
  });

  it("leaves out what is undefined and writes numbers that are none as null", () => {
    const entry = entryOf("said", { gone: undefined, none: null, odd: Number.NaN });

    expect(entry).not.toHaveProperty("gone");
    expect(entry).toMatchObject({ none: null, odd: null });
  });

  it("keeps fields from taking the place of its own", () => {
    expect(entryOf("said", { level: "x", time: 5, msg: "y" })).toMatchObject({
      level: "info",
      level_: "x",
      time_: 5,
      msg: "said",
      msg_: "y",
    });
  });

  it("keeps a line a line, whatever a client sent", () => {
    const lines: string[] = [];
    logInto(lines).info("bad\nmessage", { text: '\r\n\u0000"\\\u2028\ud800' });

    expect(lines[0]?.match(/\n/g)).toHaveLength(1);
    expect(() => JSON.parse(lines[0] ?? "")).not.toThrow();
  });

  it("cuts long texts, after taking secrets out of them", () => {
    const key = "0123456789abcdef0123456789abcdefz9";
    const text = `${"x ".repeat(logTextMax / 2 - 8)}${key}${" y".repeat(logTextMax)}`;

    const written = String(entryOf("said", { text })["text"]);

    expect(written).toHaveLength(logTextMax + 1);
    expect(written).toContain("[redacted]");
    expect(written).not.toContain("0123");
  });

  it.each(["apikey", "apiKey", "key", "token", "secret", "password", "Authorization", "sign"])(
    "hides all of a field called %s",
    (name) => {
      expect(entryOf("said", { [name]: "short" })[name]).toBe("[redacted]");
    },
  );

  it("shows the public ids of keys", () => {
    expect(entryOf("key revoked", { keyId: "0a1b2c3d" })["keyId"]).toBe("0a1b2c3d");
  });
});

describe("a log for people", () => {
  /** The one readable line, without its time. */
  function readable(phrase: string, fields?: LogFields): string {
    const lines: string[] = [];
    logInto(lines, "debug", true).warn(phrase, fields);
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d /);
    return lines.join("").slice("12:30:01 ".length);
  }

  it.each<[string, LogFields | undefined, string]>([
    ["started", undefined, "warn  started\n"],
    [
      "client connected",
      { workspace: "desk", n: 2 },
      "warn  client connected workspace=desk n=2\n",
    ],
    ["said", { text: "two words", none: null }, 'warn  said text="two words" none=null\n'],
    [
      "said",
      { text: "", quote: 'a"b', pair: "a=b" },
      'warn  said text="" quote="a\\"b" pair="a=b"\n',
    ],
    ["two\nlines", { "odd\nname": 1 }, "warn  two\\u{a}lines odd\\u{a}name=1\n"],
    [
      "\u001b[31mred",
      { text: "\u202ex\u009by\u007f" },
      "warn  \\u{1b}[31mred text=\\u{202e}x\\u{9b}y\\u{7f}\n",
    ],
  ])("writes %j with %j as one harmless line", (phrase, fields, line) => {
    expect(readable(phrase, fields)).toBe(line);
  });

  it("takes out secrets too", () => {
    expect(readable("refused", { url: "/v1?apikey=abc", apikey: "abc" })).toBe(
      'warn  refused url="/v1?apikey=[redacted]" apikey=[redacted]\n',
    );
  });
});
