/**
 * Finds the frames in what a server sends on one connection (RFC 6455, 5.2), however the bytes are cut
 * into reads. It looks at no message; whoever listens is given the parts of payloads as they come.
 */

/** What is told of a connection's frames. */
export interface FrameListener {
  /** A part of the payload of a message. */
  payload(part: Buffer): void;
  /** A frame of a message is complete. */
  frame(): void;
  /** A ping is complete. */
  ping(payload: Buffer): void;
}

const controlBytesMax = 125;
const pingOpcode = 0x9;
const controlBit = 0x8;

/** The frames of one connection. */
export class FrameCounter {
  readonly #listener: FrameListener;
  #header = Buffer.alloc(10);
  #headerLength = 0;
  #payloadLeft = 0;
  #control: Buffer[] = [];

  constructor(listener: FrameListener) {
    this.#listener = listener;
  }

  /** Takes the next bytes of the connection. */
  take(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#payloadLeft > 0) {
        const part = bytes.subarray(at, at + this.#payloadLeft);
        this.#takePayload(part);
        at += part.length;
      } else {
        this.#header[this.#headerLength] = bytes[at]!;
        this.#headerLength += 1;
        at += 1;
        if (this.#headerLength < 2 || this.#headerLength < this.#headerBytes()) continue;
        this.#payloadLeft = this.#payloadBytes();
      }
      if (this.#payloadLeft === 0) this.#end();
    }
  }

  get #opcode(): number {
    return this.#header[0]! & 0x0f;
  }

  #headerBytes(): number {
    const length = this.#header[1]! & 0x7f;
    if (length < 126) return 2;
    return length === 126 ? 4 : 10;
  }

  #payloadBytes(): number {
    const length = this.#header[1]! & 0x7f;
    if (length < 126) return length;
    return length === 126 ? this.#header.readUInt16BE(2) : Number(this.#header.readBigUInt64BE(2));
  }

  #takePayload(part: Buffer): void {
    this.#payloadLeft -= part.length;
    if ((this.#opcode & controlBit) === 0) this.#listener.payload(part);
    else if (this.#control.length < controlBytesMax) this.#control.push(Buffer.from(part));
  }

  #end(): void {
    this.#headerLength = 0;
    if ((this.#opcode & controlBit) === 0) this.#listener.frame();
    else if (this.#opcode === pingOpcode) this.#listener.ping(Buffer.concat(this.#control));
    this.#control = [];
  }
}
