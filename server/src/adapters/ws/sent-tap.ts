/**
 * Shows what is sent on all connections, to whoever records it: each piece of memory once, with the numbers of the
 * connections that were written it. While nobody looks it costs one question a write.
 */
import type { Clock } from "../../ports/clock.ts";
import type { Tap, TapHead, TapSink } from "../../ports/tap.ts";

/** What is shown of a connection. Nothing in it is a secret. */
export interface TappedConnection {
  readonly number: number;
  readonly dialect: string;
  readonly owner: string;
}

/** The tap of one gateway. */
export class SentTap implements Tap {
  /** Whether anybody looks. */
  isOn = false;
  readonly #sinks = new Set<TapSink>();
  readonly #clock: Clock;
  readonly #connections: () => Iterable<TappedConnection>;
  /** What was written last, in whose memory something else may be by the end of the turn. */
  #written:
    | { readonly memory: Uint8Array; readonly copy: Uint8Array; readonly head: SentHead }
    | undefined;

  constructor(clock: Clock, connections: () => Iterable<TappedConnection>) {
    this.#clock = clock;
    this.#connections = connections;
  }

  open(sink: TapSink): () => void {
    this.#show();
    const us = this.#clock.nowUs();
    for (const connection of this.#connections())
      sink.passed({ t: "open", us, ...told(connection) });
    this.#sinks.add(sink);
    this.isOn = true;
    return () => {
      this.#sinks.delete(sink);
      this.isOn = this.#sinks.size > 0;
    };
  }

  /** A connection was opened. */
  connected(connection: TappedConnection): void {
    if (this.isOn) this.#tell("connect", told(connection));
  }

  /** Whole frames were written. Those who are written the same memory are told together. */
  wrote(number: number, memory: Uint8Array): void {
    if (this.#written?.memory === memory) {
      this.#written.head.to.push(number);
      return;
    }
    const isFirst = this.#written === undefined;
    this.#show();
    const head = { t: "sent", us: this.#clock.nowUs(), to: [number] };
    this.#written = { memory, copy: Uint8Array.from(memory), head };
    if (isFirst) queueMicrotask(() => this.#show());
  }

  /** The server closes a connection. */
  closed(number: number, code: number, reason: string): void {
    if (this.isOn) this.#tell("close", { c: number, data: `${code} ${reason}`.trim() });
  }

  /** A connection is gone. */
  ended(number: number, code: number): void {
    if (this.isOn) this.#tell("end", { c: number, data: String(code) });
  }

  #tell(t: string, fields: object): void {
    this.#show();
    const head = { t, us: this.#clock.nowUs(), ...fields };
    for (const sink of this.#sinks) sink.passed(head);
  }

  #show(): void {
    if (this.#written === undefined) return;
    const { copy, head } = this.#written;
    this.#written = undefined;
    for (const sink of this.#sinks) sink.passed(head, copy);
  }
}

interface SentHead extends TapHead {
  /** Numbers of the connections. */
  readonly to: number[];
}

function told({ number, dialect, owner }: TappedConnection) {
  return { c: number, dialect, owner };
}
