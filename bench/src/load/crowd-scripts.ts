/**
 * What the clients of a crowd say, made ready as bytes: the upgrade request and the frames after it
 * (RFC 6455, 4.1 and 5.2). It makes no frame that a server could not read, and understands no answer.
 */

/** What one client says. */
export interface ClientScript {
  /** Path and query of the upgrade. */
  readonly target: string;
  /** Sent one after the other once the upgrade is accepted. */
  readonly messages: readonly string[];
  /** Whether they are sent as binary messages; text if absent. */
  readonly isBinary?: boolean;
}

const maskBit = 0x80;
const length16 = 126;
const length16Max = 65_535;
const lengthBytes = 4;

/** The file that a crowd reads its scripts from. */
export function encodeScripts(scripts: readonly ClientScript[]): Buffer {
  return Buffer.concat(
    scripts.flatMap(({ target, messages, isBinary = false }) => [
      ...withLength(Buffer.from(upgradeRequest(target))),
      ...withLength(Buffer.concat(messages.map((message) => clientFrame(message, isBinary)))),
    ]),
  );
}

/** The key is the sample of RFC 6455, 1.3: nobody looks at the answer to it. */
function upgradeRequest(target: string): string {
  const lines = [
    `GET ${target} HTTP/1.1`,
    "Host: 127.0.0.1",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** One message as a client sends it, masked with zeros, which leaves it readable. */
export function clientFrame(message: string, isBinary: boolean): Buffer {
  const payload = Buffer.from(message);
  if (payload.length > length16Max) throw new RangeError("a client's message is too long");
  const opcode = isBinary ? 0x82 : 0x81;
  const header =
    payload.length < length16
      ? [opcode, maskBit | payload.length]
      : [opcode, maskBit | length16, payload.length >> 8, payload.length & 0xff];
  return Buffer.concat([Buffer.from([...header, 0, 0, 0, 0]), payload]);
}

/** A script as bytes. */
export interface EncodedScript {
  readonly request: Buffer;
  /** What is sent once the upgrade is accepted. */
  readonly after: Buffer;
}

/** Reads what {@link encodeScripts} wrote. */
export function decodeScripts(bytes: Buffer): readonly EncodedScript[] {
  const scripts: EncodedScript[] = [];
  for (let at = 0; at < bytes.length; ) {
    const request = spanAt(bytes, at);
    const after = spanAt(bytes, at + lengthBytes + request.length);
    scripts.push({ request, after });
    at += 2 * lengthBytes + request.length + after.length;
  }
  return scripts;
}

function spanAt(bytes: Buffer, at: number): Buffer {
  const [length = 0] = new Uint32Array(
    Uint8Array.from(bytes.subarray(at, at + lengthBytes)).buffer,
  );
  const span = bytes.subarray(at + lengthBytes, at + lengthBytes + length);
  if (span.length !== length) throw new RangeError("the scripts end too early");
  return span;
}

function withLength(bytes: Buffer): readonly Buffer[] {
  const length = Buffer.from(new Uint32Array([bytes.length]).buffer);
  return [length, bytes];
}
