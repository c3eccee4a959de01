/** What a node that does not write sends to the one that does, and what it is answered. */
import type { Command } from "../core/commands.ts";
import { originBytes } from "../ports/command-log.ts";
import type { Submission } from "../ports/released.ts";
import type { Admission } from "../ports/trading-desk.ts";
import { CommandEncoder, readCommands } from "../sequencer/command-codec.ts";
import { fromExactJson, toExactJson } from "./exact-json.ts";

/** First byte of a question. */
const version = 1;

/** Version, request id, term. */
const headerBytes = 1 + originBytes + 8;

/** A command that somebody asks the leader to take. */
export interface OrderQuestion {
  /** Names it in the log; see `CommandBatch.origins`. */
  readonly origin: Uint8Array;
  /** The term that the asker knows: whoever leads in another one must not take it. */
  readonly term: number;
  readonly command: Command;
}

/** What the leader says. */
export type OrderAnswer =
  /** It is durable under this sequence, where the asker will meet it. */
  | { readonly kind: "in-log"; readonly sequence: number }
  /** It is not in the log, or was there before; judged by all commands up to this sequence. */
  | {
      readonly kind: "answered";
      readonly sequence: number;
      readonly submission: Submission | Admission;
    }
  /** It was not taken: the leader's term is this one. */
  | { readonly kind: "other-term"; readonly term: number };

/** What questions about commands are put to, by the name of a cluster. */
export function orderSubject(cluster: string): string {
  return `${cluster}.orders`;
}

/** Where the leader of one term is asked, and no leader of another. */
export function termSubject(subject: string, term: number): string {
  return `${subject}.${term}`;
}

/** Writes a question; undefined for a command that no log takes. */
export function encodeOrder({ origin, term, command }: OrderQuestion): Uint8Array | undefined {
  const encoder = new CommandEncoder();
  if (!encoder.add(command)) return undefined;
  const payload = encoder.payload();
  const bytes = new Uint8Array(headerBytes + payload.length);
  bytes[0] = version;
  bytes.set(origin, 1);
  new DataView(bytes.buffer).setFloat64(1 + originBytes, term);
  bytes.set(payload, headerBytes);
  return bytes;
}

/** Reads a question: undefined for bytes that are none, `newer` where a newer release asks for what this one does not know. */
export function decodeOrder(bytes: Uint8Array): OrderQuestion | "newer" | undefined {
  if (bytes.length <= headerBytes) return undefined;
  if (bytes[0] !== version) return (bytes[0] ?? 0) > version ? "newer" : undefined;
  const term = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(1 + originBytes);
  const commands = readCommands(bytes.subarray(headerBytes), 1);
  if ("message" in commands) return commands.isNewer ? "newer" : undefined;
  const [command] = commands;
  if (command === undefined || !Number.isSafeInteger(term)) return undefined;
  return { origin: bytes.slice(1, 1 + originBytes), term, command };
}

/** Writes an answer. */
export function encodeOrderAnswer(answer: OrderAnswer): Uint8Array {
  return Buffer.from(toExactJson(answer));
}

/** Reads an answer of a leader of the same release; undefined for anything else. */
export function decodeOrderAnswer(bytes: Uint8Array): OrderAnswer | undefined {
  const answer = fromExactJson(Buffer.from(bytes).toString("utf8"));
  if (typeof answer !== "object" || answer === null) return undefined;
  const { kind, sequence, term, submission } = answer as Record<string, unknown>;
  const isRight =
    (kind === "in-log" && Number.isSafeInteger(sequence)) ||
    (kind === "answered" && Number.isSafeInteger(sequence) && typeof submission === "object") ||
    (kind === "other-term" && Number.isSafeInteger(term));
  return isRight ? (answer as OrderAnswer) : undefined;
}
