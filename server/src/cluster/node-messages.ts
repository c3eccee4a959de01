/** What nodes tell each other of themselves: a sign of life each second, and who belongs to the cluster. */
import type { CommandsKnown } from "../sequencer/command-codec.ts";
import { fromExactJson, toExactJson } from "./exact-json.ts";

/** Longest text and most kinds of commands that are read. */
const textMax = 256;
const kindsMax = 256;

/** A node as it says that it is. */
export interface NodeSelf {
  /** `all`, `engine`, `gateway` or `feed`. */
  readonly role: string;
  /** Of the program. */
  readonly version: string;
  readonly knows: CommandsKnown;
}

/** What a node is doing. */
export interface NodeDoing {
  /** `starting`, `leading`, `following`, or what else a role does. */
  readonly state: string;
  readonly term: number;
  /** Last command that it shows. */
  readonly sequence: number;
  /** Age of its state, in milliseconds. */
  readonly lagMs: number;
  readonly isStale: boolean;
  /** Last command that it does not need the shared log for any more; undefined while it cannot say, and of older releases. */
  readonly has?: number | undefined;
}

/** A sign of life. */
export interface Beat extends NodeSelf, NodeDoing {
  /** Names the process. */
  readonly process: string;
  /** When the process was started and when it says this, in milliseconds since 1970 (UTC). */
  readonly startedMs: number;
  readonly saidMs: number;
}

/** Who belongs to the cluster: `expected` was added and has not come yet, `removed` may not come. */
export interface NodeRecord extends NodeSelf {
  readonly standing: "member" | "expected" | "removed";
  /** When it was last heard of where it is gone, in milliseconds since 1970 (UTC); 0 while it is there. */
  readonly goneMs: number;
  /** See {@link NodeDoing}, as it said last where it is gone. */
  readonly has?: number | undefined;
}

/** Writes either. */
export function encodeNode(told: Beat | NodeRecord): Uint8Array {
  return Buffer.from(toExactJson(told));
}

/** Reads a sign of life; undefined for anything else. What a newer release tells besides is left out. */
export function decodeBeat(bytes: Uint8Array): Beat | undefined {
  const told = fieldsOf(bytes);
  const self = told && selfOf(told);
  if (told === undefined || self === undefined) return undefined;
  const { process, state, isStale } = told;
  const { term, sequence, lagMs, startedMs, saidMs } = told;
  if (!isText(process) || !isText(state) || typeof isStale !== "boolean") return undefined;
  const isRight = isCount(term) && isCount(sequence) && isCount(lagMs);
  if (!isRight || !isCount(startedMs) || !isCount(saidMs)) return undefined;
  const has = isCount(told["has"]) ? told["has"] : undefined;
  return { ...self, process, state, isStale, term, sequence, lagMs, startedMs, saidMs, has };
}

/** Reads who belongs to the cluster; undefined for anything else. */
export function decodeRecord(bytes: Uint8Array): NodeRecord | undefined {
  const told = fieldsOf(bytes);
  const self = told && selfOf(told);
  if (told === undefined || self === undefined) return undefined;
  const { standing, goneMs } = told;
  const isKnown = standing === "member" || standing === "expected" || standing === "removed";
  const has = isCount(told["has"]) ? told["has"] : undefined;
  return isKnown && isCount(goneMs) ? { ...self, standing, goneMs, has } : undefined;
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(bytes: Uint8Array): Fields | undefined {
  const told = fromExactJson(Buffer.from(bytes).toString("utf8"));
  return typeof told === "object" && told !== null ? (told as Fields) : undefined;
}

function selfOf({ role, version, knows }: Fields): NodeSelf | undefined {
  if (!isText(role) || !isText(version) || typeof knows !== "object" || knows === null) {
    return undefined;
  }
  const { codec, rules, kinds } = knows as Fields;
  if (!isCount(codec) || !isCount(rules) || !Array.isArray(kinds)) return undefined;
  if (kinds.length > kindsMax || !kinds.every(isText)) return undefined;
  return { role, version, knows: { codec, rules, kinds } };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length <= textMax;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
