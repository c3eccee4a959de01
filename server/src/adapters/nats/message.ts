/**
 * One message of a command stream: a batch, or the first message of a writer that takes over. The broker
 * orders and keeps them; what is in them is checked here, for a broker may lose or exchange messages.
 */
import type { CommandBatch } from "../../ports/command-log.ts";
import { chainChecksum } from "../chain/batch-chain.ts";

/** Version of the layout. */
const format = 1;

/** Bytes before the payload. */
export const headerBytes = 66;

/** Half of an identity as hex, in bytes. */
const identityBytes = 16;

/** What a message says. */
export interface LogMessage {
  /** Whether it begins a writer's term; it has no commands then. */
  readonly isTakeover: boolean;
  /** Of the writer: how many have taken over, itself included. */
  readonly term: number;
  /** Identity of the log and of the writer, 32 hex digits each. */
  readonly epoch: string;
  readonly writer: string;
  /** Checksum of all batches up to this one, see `chain`. */
  readonly chain: number;
  readonly batch: CommandBatch;
}

/** The bytes of a message. */
export function encodeMessage(message: LogMessage): Uint8Array {
  const { isTakeover, term, epoch, writer, chain, batch } = message;
  const bytes = new Uint8Array(headerBytes + batch.payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, format);
  view.setUint8(1, isTakeover ? 1 : 0);
  view.setUint32(2, term);
  bytes.set(Buffer.from(epoch, "hex"), 6);
  bytes.set(Buffer.from(writer, "hex"), 6 + identityBytes);
  view.setBigUint64(38, BigInt(batch.firstSequence));
  view.setUint32(46, batch.count);
  view.setBigUint64(50, BigInt(batch.timeUs));
  view.setUint32(58, chain);
  view.setUint32(62, batch.payload.length);
  bytes.set(batch.payload, headerBytes);
  return bytes;
}

/** What bytes say; undefined where they are no message of this layout. The payload is a view on them. */
export function decodeMessage(bytes: Uint8Array): LogMessage | undefined {
  if (bytes.length < headerBytes || bytes[0] !== format) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(62) !== bytes.length - headerBytes) return undefined;
  const hex = (at: number) => Buffer.from(bytes.subarray(at, at + identityBytes)).toString("hex");
  return {
    isTakeover: view.getUint8(1) === 1,
    term: view.getUint32(2),
    epoch: hex(6),
    writer: hex(6 + identityBytes),
    chain: view.getUint32(58),
    batch: {
      firstSequence: Number(view.getBigUint64(38)),
      count: view.getUint32(46),
      timeUs: Number(view.getBigUint64(50)),
      payload: new Uint8Array(
        bytes.buffer,
        bytes.byteOffset + headerBytes,
        bytes.length - headerBytes,
      ),
    },
  };
}

/** The checksum after a batch: ticks and takeovers change nothing that has to be vouched for. */
export function chainAfter(previous: number, batch: CommandBatch): number {
  return batch.count === 0 ? previous : chainChecksum(previous, batch);
}
