/**
 * Commands as bytes of the log, and back. The format is ours and versioned; the log guarantees that
 * the bytes are those that were written, so a fault here means a newer version or a bug.
 */
import { ensureNever } from "../core/assert.ts";
import type { SelfTradePrevention } from "../core/book/book.ts";
import type {
  Command,
  MarketOrderSize,
  OrderReference,
  PlaceLimit,
  ReplaceOrder,
  TimeInForce,
} from "../core/commands.ts";
import type { Side } from "../core/market/rules.ts";
import type { Lots, Ticks } from "../core/num/units.ts";
import { rulesVersion } from "../core/parameters.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { pick, readAtoms } from "./codec-values.ts";
import {
  readFees,
  readGenesis,
  readLimitChanges,
  readRuleChanges,
  readRules,
  writeFees,
  writeGenesis,
  writeLimitChanges,
  writeRuleChanges,
  writeRules,
} from "./parameters-codec.ts";

/** First byte of every payload. */
export const codecVersion = 1;

// The position in each list is the number in the log: entries are only ever added at the end.
const kinds: readonly Command["kind"][] = [
  "add-market",
  "halt-market",
  "resume-market",
  "deposit",
  "withdraw",
  "set-self-trade-prevention",
  "place-limit",
  "place-market",
  "cancel-order",
  "cancel-all",
  "replace-order",
  "reduce-order",
  "genesis",
  "set-limits",
  "set-fees",
  "set-market-rules",
];
const sides: readonly Side[] = ["buy", "sell"];
const timesInForce: readonly TimeInForce[] = ["gtc", "ioc", "fok", "post-only"];
const preventions: readonly SelfTradePrevention[] = [
  "cancel-newest",
  "cancel-oldest",
  "cancel-both",
  "decrement",
];

/** Which commands a release reads from a log. */
export interface CommandsKnown {
  /** Version of their bytes. */
  readonly codec: number;
  /** Version of the rules that an exchange begins with. */
  readonly rules: number;
  readonly kinds: readonly string[];
}

/** What this release reads. */
export const commandsKnown: CommandsKnown = { codec: codecVersion, rules: rulesVersion, kinds };

/** Why commands cannot be read. */
export interface UnreadableCommands {
  /** Whether a newer release has written them. */
  readonly isNewer: boolean;
  /** For the operator. */
  readonly message: string;
}

/** Collects commands into the payload of one batch, and then into that of the next. */
export class CommandEncoder {
  readonly #writer = new ByteWriter();

  constructor() {
    this.clear();
  }

  /**
   * Adds a command; false, and nothing is added, when it holds a number that is no safe integer from 0
   * on, or a text or an amount that is out of bounds. Callers that decode well never meet that.
   */
  add(command: Command): boolean {
    const writer = this.#writer;
    writer.begin();
    writer.byte(kinds.indexOf(command.kind));
    writeCommand(writer, command);
    return writer.keep();
  }

  /** Takes the command out again that was added last. */
  undo(): void {
    this.#writer.undo();
  }

  /** Length of the payload so far, in bytes. */
  get bytes(): number {
    return this.#writer.length;
  }

  /** A copy of the payload so far. */
  payload(): Uint8Array {
    return this.#writer.copy();
  }

  /** Begins the next batch; the room of the last one is used again. */
  clear(): void {
    this.#writer.clear();
    this.#writer.byte(codecVersion);
    this.#writer.keep();
  }
}

/** Reads the commands of a payload; a text says why it cannot be read. */
export function decodeCommands(payload: Uint8Array, count: number): readonly Command[] | string {
  const read = readCommands(payload, count);
  return "message" in read ? read.message : read;
}

/** Reads the commands of a payload, or says why it cannot be read. */
export function readCommands(
  payload: Uint8Array,
  count: number,
): readonly Command[] | UnreadableCommands {
  const reader = new ByteReader(payload);
  const version = reader.byte();
  if (version !== codecVersion) {
    const message = `commands are written in version ${version} of the format`;
    return { isNewer: version > codecVersion, message };
  }
  const commands: Command[] = [];
  for (let read = 0; read < count && !reader.faulty; read += 1) {
    const kind = kinds[reader.byte()];
    if (kind === undefined) {
      return newer(
        `command ${read} of the batch is of an unknown kind: a newer openbourse wrote it`,
      );
    }
    const command = readCommand(reader, kind);
    if (command.kind === "genesis" && command.rulesVersion !== rulesVersion && !reader.faulty) {
      return newer(
        `the log begins with version ${command.rulesVersion} of the rules of an exchange: a newer openbourse wrote it`,
      );
    }
    commands.push(command);
  }
  if (reader.faulty) return broken(`command ${commands.length - 1} of the batch cannot be read`);
  return reader.atEnd ? commands : broken("there is more in the batch than its commands");
}

function newer(message: string): UnreadableCommands {
  return { isNewer: true, message };
}

function broken(message: string): UnreadableCommands {
  return { isNewer: false, message };
}

function writeCommand(writer: ByteWriter, command: Command): void {
  switch (command.kind) {
    case "add-market":
      writeRules(writer, command.rules);
      break;
    case "halt-market":
    case "resume-market":
      writer.text(command.market);
      break;
    case "deposit":
    case "withdraw":
      writer.text(command.user);
      writer.text(command.currency);
      writer.amount(command.amount);
      writer.text(command.key);
      break;
    case "set-self-trade-prevention":
      writer.text(command.user);
      writer.byte(preventions.indexOf(command.mode));
      break;
    case "place-limit":
      writer.text(command.user);
      writer.text(command.market);
      writer.byte(sides.indexOf(command.side));
      writeTerms(writer, command);
      break;
    case "place-market":
      writer.text(command.user);
      writer.text(command.market);
      writer.byte(sides.indexOf(command.side));
      writeSize(writer, command.size);
      writeOptional(writer, command.clientId);
      break;
    case "cancel-order":
      writer.text(command.user);
      writeReference(writer, command.order);
      break;
    case "cancel-all":
      writer.text(command.user);
      writeOptional(writer, command.market);
      break;
    case "replace-order":
      writer.text(command.user);
      writeReference(writer, command.order);
      writeTerms(writer, command);
      break;
    case "reduce-order":
      writer.text(command.user);
      writeReference(writer, command.order);
      writer.whole(command.by);
      break;
    case "genesis":
      writeGenesis(writer, command);
      break;
    case "set-limits":
      writeLimitChanges(writer, command.changes);
      break;
    case "set-fees":
      writeFees(writer, command.fees);
      break;
    case "set-market-rules":
      writer.text(command.market);
      writeRuleChanges(writer, command.changes);
      break;
    default:
      ensureNever(command);
  }
}

function readCommand(reader: ByteReader, kind: Command["kind"]): Command {
  switch (kind) {
    case "add-market":
      return { kind, rules: readRules(reader) };
    case "halt-market":
    case "resume-market":
      return { kind, market: reader.text() };
    case "deposit":
    case "withdraw":
      return {
        kind,
        user: reader.text(),
        currency: reader.text(),
        amount: readAtoms(reader),
        key: reader.text(),
      };
    case "set-self-trade-prevention":
      return { kind, user: reader.text(), mode: pick(preventions, reader.byte()) };
    case "place-limit":
      return {
        kind,
        user: reader.text(),
        market: reader.text(),
        side: pick(sides, reader.byte()),
        ...readTerms(reader),
      };
    case "place-market":
      return {
        kind,
        user: reader.text(),
        market: reader.text(),
        side: pick(sides, reader.byte()),
        size: readSize(reader),
        ...named("clientId", readOptional(reader)),
      };
    case "cancel-order":
      return { kind, user: reader.text(), order: readReference(reader) };
    case "cancel-all":
      return { kind, user: reader.text(), ...named("market", readOptional(reader)) };
    case "replace-order":
      return {
        kind,
        user: reader.text(),
        order: readReference(reader),
        ...(readTerms(reader) as OrderTerms & Pick<ReplaceOrder, "timeInForce">),
      };
    case "reduce-order":
      return {
        kind,
        user: reader.text(),
        order: readReference(reader),
        by: reader.whole() as Lots,
      };
    case "genesis":
      return { kind, ...readGenesis(reader) };
    case "set-limits":
      return { kind, changes: readLimitChanges(reader) };
    case "set-fees":
      return { kind, fees: readFees(reader) };
    case "set-market-rules":
      return { kind, market: reader.text(), changes: readRuleChanges(reader) };
    default:
      return ensureNever(kind);
  }
}

/** What a limit order and its replacement say in the same way. */
type OrderTerms = Pick<PlaceLimit, "price" | "quantity" | "timeInForce" | "stopPrice" | "clientId">;

function writeTerms(writer: ByteWriter, terms: OrderTerms): void {
  writer.whole(terms.price);
  writer.whole(terms.quantity);
  writer.byte(timesInForce.indexOf(terms.timeInForce));
  // 0 is no price, so it can stand for none.
  writer.whole(terms.stopPrice ?? 0);
  writeOptional(writer, terms.clientId);
}

function readTerms(reader: ByteReader): OrderTerms {
  const price = reader.whole() as Ticks;
  const quantity = reader.whole() as Lots;
  const timeInForce = pick(timesInForce, reader.byte());
  const stopPrice = reader.whole() as Ticks;
  return {
    price,
    quantity,
    timeInForce,
    ...(stopPrice === 0 ? {} : { stopPrice }),
    ...named("clientId", readOptional(reader)),
  };
}

function writeOptional(writer: ByteWriter, value: string | undefined): void {
  writer.byte(value === undefined ? 0 : 1);
  if (value !== undefined) writer.text(value);
}

function readOptional(reader: ByteReader): string | undefined {
  return reader.byte() === 0 ? undefined : reader.text();
}

function named<Name extends string>(
  name: Name,
  value: string | undefined,
): { readonly [Key in Name]?: string } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [Key in Name]?: string };
}

function writeReference(writer: ByteWriter, order: OrderReference): void {
  if ("id" in order) {
    writer.byte(0);
    writer.whole(order.id);
  } else {
    writer.byte(1);
    writer.text(order.clientId);
  }
}

function readReference(reader: ByteReader): OrderReference {
  return reader.byte() === 0 ? { id: reader.whole() } : { clientId: reader.text() };
}

function writeSize(writer: ByteWriter, size: MarketOrderSize): void {
  if ("quantity" in size) {
    writer.byte(0);
    writer.whole(size.quantity);
  } else {
    writer.byte(1);
    writer.amount(size.value);
  }
}

function readSize(reader: ByteReader): MarketOrderSize {
  return reader.byte() === 0 ? { quantity: reader.whole() as Lots } : { value: readAtoms(reader) };
}
