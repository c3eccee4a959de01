/**
 * Reads a connection one request at a time. Node parses all requests of a packet at once and answers
 * them side by side: a thousand in 62 kB. Here the bytes behind a request wait until it is answered
 * and taken by the peer, the socket is not read meanwhile, and a turn of the event loop lies between.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { assert } from "../../core/assert.ts";

/** What ends the head of a request. */
const blankLine = Buffer.from("\r\n\r\n");

/** Bytes of a body that are handed on at least at once, where blank lines are in it. */
const bodySliceMin = 256;

/** Bytes that may wait behind a request; Node asks for more by itself only while it reads a body. */
const heldBytesMax = 262_144;

/** A request and where its answer goes. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Answers one request. */
export type Answer = (exchange: Exchange) => void;

/** One connection of a client that speaks HTTP. */
export class OneAtATime {
  readonly #socket: Socket;
  readonly #answer: Answer;
  readonly #taken: () => void;
  readonly #onClose = () => this.#answered();
  readonly #parse: (bytes: Buffer) => void;
  readonly #onData = (bytes: Buffer) => this.#take(bytes);
  #held: Buffer = Buffer.alloc(0);
  /** Read behind the one that is answered, as a slice of a body may hold the end of one and the next. */
  readonly #waiting: Exchange[] = [];
  #current: Exchange | undefined;
  /** Whether the bytes that are parsed now came behind a request that was not answered. */
  #isBehind = false;
  #turnScheduled = false;
  #isPaused = false;
  #released = false;

  /**
   * Takes the reading of a socket over from Node's server, directly after that has begun to listen to
   * it. Tells of each answer that was `taken` by the peer, or will never be.
   */
  constructor(socket: Socket, answer: Answer, taken: () => void) {
    this.#socket = socket;
    this.#taken = taken;
    this.#answer = answer;
    // Adding a listener makes Node's server read through events instead of from the handle.
    socket.on("data", this.#onData);
    const [parse, ...others] = socket.listeners("data").filter((each) => each !== this.#onData);
    assert(parse !== undefined && others.length === 0, "Node's server alone reads the socket");
    socket.removeListener("data", parse as (bytes: Buffer) => void);
    this.#parse = (bytes) => {
      parse.call(socket, bytes);
    };
  }

  /** Whether a request is not answered yet, or its answer not taken. */
  get isAnswering(): boolean {
    return this.#current !== undefined;
  }

  /** Whether a request that is parsed now came before the one in front of it was answered. */
  get isBehind(): boolean {
    return this.#isBehind || this.#current !== undefined;
  }

  /** Takes a request that Node's server has parsed. */
  take(exchange: Exchange): void {
    if (this.#current === undefined) this.#begin(exchange);
    else this.#waiting.push(exchange);
  }

  /** Gives the socket up to another protocol; returns what was read and not parsed. */
  release(): Buffer {
    this.#released = true;
    this.#socket.removeListener("data", this.#onData);
    const rest = this.#held;
    this.#held = Buffer.alloc(0);
    return rest;
  }

  #begin(exchange: Exchange): void {
    this.#current = exchange;
    exchange.response.on("close", this.#onClose);
    this.#answer(exchange);
  }

  #answered(): void {
    this.#current = undefined;
    this.#taken();
    if (this.#waiting.length > 0 || this.#held.length > 0) this.#scheduleTurn();
  }

  #scheduleTurn(): void {
    if (this.#turnScheduled) return;
    this.#turnScheduled = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#turnScheduled = false;
    if (this.#current !== undefined || this.#socket.destroyed) return;
    const next = this.#waiting.shift();
    if (next !== undefined) this.#begin(next);
    this.#isBehind = true;
    this.#parseHeld();
    this.#isBehind = false;
  }

  #take(bytes: Buffer): void {
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    if (this.#held.length > heldBytesMax) {
      this.#socket.destroy();
      return;
    }
    if (this.#turnScheduled) this.#pause();
    else this.#parseHeld();
  }

  /** Parses as far as one request that is whole. */
  #parseHeld(): void {
    while (this.#held.length > 0 && !this.#released && !this.#socket.destroyed) {
      if (this.#current?.request.complete ?? this.#waiting.length > 0) {
        this.#pause();
        return;
      }
      const end = this.#sliceEnd();
      const slice = this.#held.subarray(0, end);
      this.#held = this.#held.subarray(end);
      this.#parse(slice);
      // Nothing came of it that is waited for: an answer by Node itself, or the end of a body.
      if (this.#held.length > 0 && this.#current === undefined && !this.#released) {
        this.#pause();
        this.#scheduleTurn();
        return;
      }
    }
    if (this.#isPaused && !this.#released) this.#socket.resume();
    this.#isPaused = false;
  }

  /** Also when it is paused by us already: Node's server may have begun to read again for itself. */
  #pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  /** Up to where bytes hold the end of one head at most. */
  #sliceEnd(): number {
    const held = this.#held;
    const isBody = this.#current !== undefined;
    const at = held.indexOf(blankLine, isBody ? bodySliceMin : 0);
    if (at === -1) return held.length;
    const end = at + blankLine.length;
    // As nearly always: one head, and all that there is of its body.
    return !isBody && held.indexOf(blankLine, end) === -1 ? held.length : end;
  }
}
