/**
 * One message of a command stream: a batch, a tick, or the first message of a writer that takes over. The broker
 * orders and keeps them; what is in them is checked here, for a broker may lose or exchange messages.
 */
import { crc32 } from "node:zlib";
import type { CommandBatch } from "../../ports/command-log.ts";
import { chainChecksum } from "../chain/batch-chain.ts";

/** Versions of the layout: what is written, and what was written before and is still read. */
const format = 2;
const formatBefore = 1;

/** Bytes before the payload. */
const headerBytesBefore = 66;
const headerBytes = headerBytesBefore + 8;

/** Half of an identity as hex, in bytes. */
const identityBytes = 16;

/** Most bytes of origins in a message: 4,096 commands have room. */
const originsBytesMax = 49_152;

/** What a message takes besides the payload, at most, in bytes. */
export const overheadBytesMax: number = headerBytes + originsBytesMax;

/** What a message says. */
export interface LogMessage {
  /** The node that begins a term; its batch has no commands then. Undefined of batches and ticks. */
  readonly takeover: string | undefined;
  /** Of the writer: how many have taken over, itself included. */
  readonly term: number;
  /** Identity of the log and of the writer, 32 hex digits each. */
  readonly epoch: string;
  readonly writer: string;
  /** Checksum of all batches up to this one, see `chain`. */
  readonly chain: number;
  readonly batch: CommandBatch;
}

const nothing = new Uint8Array();

/**
 * The bytes of a message: version, kind, term, epoch, writer, first sequence, count, time, chain, length of the
 * payload, length of the origins, checksum of all the rest; payload, origins. Integers are big-endian. The
 * payload of a takeover is the name of its node.
 */
export function encodeMessage(message: LogMessage): Uint8Array {
  const { takeover, term, epoch, writer, chain, batch } = message;
  const payload = takeover === undefined ? batch.payload : Buffer.from(takeover);
  const origins = batch.origins ?? nothing;
  const bytes = new Uint8Array(headerBytes + payload.length + origins.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, format);
  view.setUint8(1, takeover === undefined ? 0 : 1);
  view.setUint32(2, term);
  bytes.set(Buffer.from(epoch, "hex"), 6);
  bytes.set(Buffer.from(writer, "hex"), 6 + identityBytes);
  view.setBigUint64(38, BigInt(batch.firstSequence));
  view.setUint32(46, batch.count);
  view.setBigUint64(50, BigInt(batch.timeUs));
  view.setUint32(58, chain);
  view.setUint32(62, payload.length);
  view.setUint32(66, origins.length);
  bytes.set(payload, headerBytes);
  bytes.set(origins, headerBytes + payload.length);
  view.setUint32(70, checksum(bytes));
  return bytes;
}

/** What bytes say; undefined where they are no message of a layout that is known. Contents are views on them. */
export function decodeMessage(bytes: Uint8Array): LogMessage | undefined {
  const isBefore = bytes[0] === formatBefore;
  const start = isBefore ? headerBytesBefore : headerBytes;
  if (bytes.length < start || (!isBefore && bytes[0] !== format)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const payloadEnd = start + view.getUint32(62);
  const originsBytes = isBefore ? 0 : view.getUint32(66);
  if (payloadEnd + originsBytes !== bytes.length) return undefined;
  if (!isBefore && view.getUint32(70) !== checksum(bytes)) return undefined;
  const hex = (at: number) => Buffer.from(bytes.subarray(at, at + identityBytes)).toString("hex");
  const writer = hex(6 + identityBytes);
  // The client hands over buffers, and what is read is bytes and nothing more.
  const slice = (from: number, to: number) =>
    new Uint8Array(bytes.buffer, bytes.byteOffset + from, to - from);
  const payload = slice(start, payloadEnd);
  const isTakeover = view.getUint8(1) === 1;
  const batch = {
    firstSequence: Number(view.getBigUint64(38)),
    count: view.getUint32(46),
    timeUs: Number(view.getBigUint64(50)),
    payload: isTakeover ? nothing : payload,
    ...(originsBytes === 0 ? {} : { origins: slice(payloadEnd, bytes.length) }),
  };
  // Before, a takeover did not name its node.
  const node = isBefore ? writer : Buffer.from(payload).toString();
  const takeover = isTakeover ? node : undefined;
  return {
    takeover,
    term: view.getUint32(2),
    epoch: hex(6),
    writer,
    chain: view.getUint32(58),
    batch,
  };
}

/**
 * Whether bytes are a message of this log in the layout of a newer release. Whatever a layout is, its version comes first
 * and the identity of the log stays at its place.
 */
export function isOfNewerRelease(bytes: Uint8Array, epoch: string): boolean {
  if ((bytes[0] ?? 0) <= format) return false;
  return Buffer.from(bytes.subarray(6, 6 + identityBytes)).toString("hex") === epoch;
}

/** The checksum after a batch: ticks and takeovers change nothing that has to be vouched for. */
export function chainAfter(previous: number, batch: CommandBatch): number {
  return batch.count === 0 ? previous : chainChecksum(previous, batch);
}

/** Sequence of the first command after a message. */
export function nextOf({ batch }: LogMessage): number {
  return batch.firstSequence + batch.count;
}

/** Of all bytes but the checksum itself. */
function checksum(bytes: Uint8Array): number {
  return crc32(bytes.subarray(headerBytes), crc32(bytes.subarray(0, headerBytes - 4)));
}
