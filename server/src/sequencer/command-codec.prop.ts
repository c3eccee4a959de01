import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyCharacter } from "../../../test/support/any-character.ts";
import type { Command } from "../core/commands.ts";
import { rulesVersion, standardParameters } from "../core/parameters.ts";
import { CommandEncoder, codecVersion, decodeCommands } from "./command-codec.ts";
import { rulesOf } from "./example-stream.fixture.ts";

const name = fc.string({ maxLength: 64, unit: anyCharacter });
const whole = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const amount = fc.bigInt({ min: 0n, max: 10n ** 34n });
const side = fc.constantFrom("buy", "sell");
const order = fc.oneof(fc.record({ id: whole }), fc.record({ clientId: name }));
const timeInForce = fc.constantFrom("gtc", "ioc", "fok", "post-only");
/** 0 stands for "none" in the log, and the core takes no such stop price. */
const stop = fc.option(fc.record({ stopPrice: fc.integer({ min: 1 }) }), { nil: {} });
const named = fc.option(fc.record({ clientId: name }), { nil: {} });
const place = { user: name, market: name, side };

const step = fc.record({ coefficient: whole, scale: whole });
const rate = fc.integer({ min: -(2 ** 52), max: 2 ** 52 - 1 });
const rates = fc.record({ makerPpm: rate, takerPpm: rate });
const steps = fc.array(fc.record({ fromTurnover: amount, makerPpm: rate, takerPpm: rate }), {
  maxLength: 5,
});
const limits = {
  openOrdersMax: whole,
  openOrdersPerUserMax: whole,
  usersMax: whole,
  marketsMax: whole,
};
const ratesOrNone = fc.option(rates, { nil: undefined });

const parametersCommand = fc.oneof(
  fc.record({
    kind: fc.constant("genesis"),
    rulesVersion: fc.constant(rulesVersion),
    limits: fc.record({
      ...limits,
      closedClientIdsPerUserMax: whole,
      transferKeysPerUserMax: whole,
    }),
    fees: fc.record({ referenceCurrency: name, steps }),
  }),
  fc.record({ kind: fc.constant("set-limits"), changes: fc.record(limits, { requiredKeys: [] }) }),
  fc.record({
    kind: fc.constant("set-fees"),
    fees: fc.oneof(
      fc.record({ of: fc.constant("default"), steps }),
      fc.record({ of: fc.constant("market"), market: name, rates: ratesOrNone }),
      fc.record({ of: fc.constant("user"), user: name, rates: ratesOrNone }),
    ),
  }),
  fc.record({
    kind: fc.constant("set-market-rules"),
    market: name,
    changes: fc.record(
      {
        tickSize: step,
        lotSize: step,
        baseMin: whole,
        baseMax: whole,
        quoteMin: amount,
        quoteMax: amount,
        marketOrderBandPpm: whole,
      },
      { requiredKeys: [] },
    ),
  }),
);

/** Any command, sensible or not: the log keeps what was asked, not what was right. */
const command = fc.oneof(
  parametersCommand,
  fc.record({ kind: fc.constantFrom("halt-market", "resume-market"), market: name }),
  fc.record({
    kind: fc.constantFrom("deposit", "withdraw"),
    user: name,
    currency: name,
    amount,
    key: name,
  }),
  fc.record({
    kind: fc.constant("set-self-trade-prevention"),
    user: name,
    mode: fc.constantFrom("cancel-newest", "cancel-oldest", "cancel-both", "decrement"),
  }),
  fc
    .tuple(
      fc.record({
        kind: fc.constant("place-limit"),
        ...place,
        price: whole,
        quantity: whole,
        timeInForce,
      }),
      stop,
      named,
    )
    .map((parts) => Object.assign({}, ...parts)),
  fc
    .tuple(
      fc.record({
        kind: fc.constant("place-market"),
        ...place,
        size: fc.oneof(fc.record({ quantity: whole }), fc.record({ value: amount })),
      }),
      named,
    )
    .map((parts) => Object.assign({}, ...parts)),
  fc.record({ kind: fc.constant("cancel-order"), user: name, order }),
  fc
    .tuple(
      fc.record({ kind: fc.constant("cancel-all"), user: name }),
      fc.option(fc.record({ market: name }), { nil: {} }),
    )
    .map((parts) => Object.assign({}, ...parts)),
  fc
    .tuple(
      fc.record({
        kind: fc.constant("replace-order"),
        user: name,
        order,
        price: whole,
        quantity: whole,
        timeInForce: fc.constantFrom("gtc", "post-only"),
      }),
      stop,
      named,
    )
    .map((parts) => Object.assign({}, ...parts)),
  fc.record({ kind: fc.constant("reduce-order"), user: name, order, by: whole }),
  fc.tuple(whole, amount).map(([baseMax, quoteMax]) => ({
    kind: "add-market",
    rules: { ...rulesOf("BTC", "USDT"), baseMax, quoteMax },
  })),
) as fc.Arbitrary<Command>;

function encode(commands: readonly Command[]): Uint8Array {
  const encoder = new CommandEncoder();
  for (const one of commands) expect(encoder.add(one)).toBe(true);
  return encoder.payload();
}

describe("commands in the log", () => {
  it("come back as they were, also many that share texts", () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 20 }), (commands) => {
        expect(decodeCommands(encode(commands), commands.length)).toEqual(commands);
      }),
      { numRuns: 500 },
    );
  });

  it("are a fault and never an exception when the bytes are others", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat({ max: 10 }), (bytes, count) => {
        const decoded = decodeCommands(bytes, count);
        expect(typeof decoded === "string" || decoded.length === count).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it("are a fault when they are cut short, or more are asked for than there are", () => {
    fc.assert(
      fc.property(fc.array(command, { minLength: 1, maxLength: 5 }), fc.nat(), (commands, cut) => {
        const payload = encode(commands);
        const short = payload.subarray(0, cut % payload.length);
        expect(typeof decodeCommands(short, commands.length)).toBe("string");
        expect(typeof decodeCommands(payload, commands.length + 1)).toBe("string");
        expect(typeof decodeCommands(payload, commands.length - 1)).toBe("string");
      }),
    );
  });

  it("of a newer version are refused by name", () => {
    const newer = Uint8Array.of(codecVersion + 1);
    expect(decodeCommands(newer, 0)).toBe("commands are written in version 2 of the format");
  });

  it("of a kind that a newer openbourse added are refused as that", () => {
    expect(decodeCommands(Uint8Array.of(codecVersion, 16), 1)).toBe(
      "command 0 of the batch is of an unknown kind: a newer openbourse wrote it",
    );
  });

  it("are refused where a log begins with other rules than these", () => {
    const encoder = new CommandEncoder();
    const genesis = { kind: "genesis", ...standardParameters } as const;
    encoder.add({ ...genesis, rulesVersion: rulesVersion + 1 });
    expect(decodeCommands(encoder.payload(), 1)).toBe(
      "the log begins with version 2 of the rules of an exchange: a newer openbourse wrote it",
    );
  });
});

describe("what cannot be written", () => {
  const reduce = { kind: "reduce-order", user: "a", order: { id: 1 }, by: 1 };
  const deposit = { kind: "deposit", user: "a", currency: "B", amount: 1n, key: "k" };
  const good = { kind: "cancel-all", user: "zoe" } as const;

  it.each([
    ["a negative number", { ...reduce, by: -1 }],
    ["a fraction", { ...reduce, order: { id: 1.5 } }],
    ["not a number", { ...reduce, by: Number.NaN }],
    ["no number", { ...reduce, by: undefined }],
    ["a text that is too long", { ...reduce, user: "x".repeat(1_025) }],
    ["a negative amount", { ...deposit, amount: -1n }],
    ["an amount of 41 digits", { ...deposit, amount: 10n ** 40n }],
    ["a mode that does not exist", { ...reduce, kind: "set-self-trade-prevention", mode: "x" }],
  ])("is not added, and leaves no trace: %s", (_what, wrong) => {
    const encoder = new CommandEncoder();
    encoder.add(good);
    // A text of it that stayed would shift the numbers of all later ones.
    expect(encoder.add(wrong as unknown as Command)).toBe(false);
    encoder.add(good);
    expect(encoder.payload()).toEqual(encode([good, good]));
  });

  it("leaves no trace either where it is no command at all", () => {
    const encoder = new CommandEncoder();
    encoder.add(good);
    const wrong = { ...reduce, order: null } as unknown as Command;
    expect(() => encoder.add(wrong)).toThrow(TypeError);
    expect(encoder.payload()).toEqual(encode([good]));
    encoder.add(good);
    expect(encoder.payload()).toEqual(encode([good, good]));
  });
});

describe("the command that was added last", () => {
  it("can be taken out again, and then the payload is what it was", () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 5 }), command, command, (commands, one, other) => {
        const encoder = new CommandEncoder();
        for (const earlier of commands) encoder.add(earlier);
        encoder.add(one);
        encoder.undo();
        expect(encoder.payload()).toEqual(encode(commands));
        encoder.add(other);
        expect(encoder.payload()).toEqual(encode([...commands, other]));
      }),
    );
  });
});
