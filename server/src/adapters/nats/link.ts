/**
 * The one connection of a process to the NATS servers. It goes on for ever: where a server is gone it
 * goes to another, and says meanwhile that nobody can be reached. What is kept or asked over it is made
 * elsewhere.
 */
import { readFile } from "node:fs/promises";
import {
  createInbox,
  credsAuthenticator,
  type NatsConnection,
  type NodeConnectionOptions,
  connect as reachServers,
  TimeoutError,
} from "@nats-io/transport-node";
import { StartError } from "../../ports/start-error.ts";
import { whyNotReached } from "./not-reached.ts";
import { identityCheck } from "./server-identity.ts";
import { wordsOf } from "./words.ts";

/** Who this process is for the servers. */
export type LinkCredentials =
  | { readonly kind: "password"; readonly user: string; readonly password: string }
  | { readonly kind: "token"; readonly token: string }
  /** A credentials file as `nsc` writes it. */
  | { readonly kind: "file"; readonly path: string };

/** How the connection is encrypted; each is the path of a PEM file. */
export interface LinkTls {
  /** Who vouches for the servers, where the system does not know them. */
  readonly caFile?: string | undefined;
  /** What this process shows of itself; both or neither. */
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

/** How the servers are reached. */
export interface LinkOptions {
  /** `HOST:PORT` of each server. */
  readonly servers: readonly string[];
  readonly credentials?: LinkCredentials | undefined;
  /** Left out where the servers decide whether it is encrypted. */
  readonly tls?: LinkTls | undefined;
  /** What the servers show of this process. */
  readonly name?: string | undefined;
  /** Answers to this process have subjects that begin with `_INBOX.` and this; without it they may have any behind `_INBOX.`. */
  readonly inbox?: string | undefined;
}

/**
 * How long a server may take until it has let this process in, in milliseconds: one that stands still takes
 * connections and says nothing, and whoever comes back tries it before others, by chance.
 */
const admissionMs = 2_000;

/** How often servers are tried at first that are too busy to answer in time. */
const admissionTries = 3;

/** Between two attempts to reach a server again, in milliseconds; and up to how much more, by chance. */
const againMs = 100;
const againSpreadMs = 100;

/** A server that leaves two questions of this distance unanswered is silent, and another is gone to; in milliseconds. */
const silenceMs = 1_000;

/** So long a question waits for the next server after one was lost, in milliseconds: one that is there lets in sooner. */
const nextServerMs = 500;

/** After which a question that cannot be put is refused, in milliseconds: whoever asks again at once leaves time for what brings the connection back. */
const refusedAfterMs = 20;

/** What the client has within; nothing else ends a connection without waiting for its server. */
interface ClientParts {
  readonly protocol: { readonly transport: { close(): Promise<void> } };
}

/** An open connection. */
export class NatsLink {
  readonly connection: NatsConnection;
  readonly #inboxPrefix: string;
  #isConnected = true;
  #listeners: ((isConnected: boolean) => void)[] = [];
  /** Resolves when a server is there again, or could not be reached for a while. */
  #next: Promise<void> = Promise.resolve();
  #foundNext: () => void = () => {};
  /** Of those who wait for an answer by this connection: what to call when it is lost. */
  readonly #waiting = new Set<(error: Error) => void>();

  private constructor(connection: NatsConnection, inboxPrefix: string) {
    this.connection = connection;
    this.#inboxPrefix = inboxPrefix;
    void this.#watch();
  }

  /** Connects. A `StartError` says why that cannot be. */
  static async open(options: LinkOptions): Promise<NatsLink> {
    const login = await loginOf(options);
    const inboxPrefix = inboxPrefixOf(options);
    try {
      const connection = await patientlyReached({
        ...login,
        servers: [...options.servers],
        name: options.name ?? "openbourse",
        inboxPrefix,
        timeout: admissionMs,
        maxReconnectAttempts: -1,
        reconnectTimeWait: againMs,
        reconnectJitter: againSpreadMs,
        // A password that is being changed at the servers is no reason to stay away for ever.
        ignoreAuthErrorAbort: true,
        pingInterval: silenceMs,
        maxPingOut: 2,
        noAsyncTraces: true,
      });
      return new NatsLink(connection, inboxPrefix);
    } catch (error) {
      throw new StartError(whyNotReached(error, options));
    }
  }

  /** Whether a server is there at present, as far as is known: one that is silent is noticed after some seconds. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** The server that this process is connected to, or was last: `HOST:PORT`. */
  get server(): string {
    return this.connection.getServer();
  }

  /** A subject that nobody else has, for answers that come one after another. */
  newInbox(): string {
    return createInbox(this.#inboxPrefix);
  }

  /** Goes to another server: this one takes connections, and answers nothing of what the log needs. */
  goElsewhere(): void {
    if (this.#isConnected) void this.connection.reconnect().catch(() => {});
  }

  /**
   * The answer to a question, as long as there is a server. Rejects as {@link unlessLost} does, and soon where no server
   * could be reached for half a second: nobody waits then for what cannot come.
   */
  async asked<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    await this.#next;
    if (!this.#isConnected) {
      await new Promise((resolve) => setTimeout(resolve, refusedAfterMs));
      throw new Error("no server can be reached");
    }
    return await this.unlessLost(ask());
  }

  /**
   * An answer that is under way; rejects as soon as the connection is lost, because that answer does not come by the next
   * one. What was asked may have been done. A question that is asked while there is no connection waits for one.
   */
  async unlessLost<Answer>(answer: Promise<Answer>): Promise<Answer> {
    const lost = Promise.withResolvers<never>();
    this.#waiting.add(lost.reject);
    try {
      return await Promise.race([answer, lost.promise]);
    } finally {
      this.#waiting.delete(lost.reject);
    }
  }

  /** Has `listener` called whenever {@link isConnected} changes. */
  onChange(listener: (isConnected: boolean) => void): void {
    this.#listeners.push(listener);
  }

  /** Sends what was handed over, then closes. Closing again does nothing. */
  async close(): Promise<void> {
    this.#listeners = [];
    // Without a server there is nobody to send it to.
    if (this.#isConnected) await this.connection.flush().catch(() => {});
    await this.connection.close();
  }

  async #watch(): Promise<void> {
    for await (const { type } of this.connection.status()) {
      if (type === "staleConnection" || type === "forceReconnect") this.#letGo();
      if (type === "disconnect" || type === "staleConnection" || type === "close")
        this.#note(false);
      else if (type === "reconnect") this.#note(true);
    }
    this.#note(false);
  }

  /**
   * Ends the connection to a server that is left. The client would first have it take what waits to be sent: one that is
   * gone with more waiting than the system holds takes nothing until that gives up, which is a quarter of an hour.
   */
  #letGo(): void {
    const { protocol } = this.connection as unknown as ClientParts;
    void protocol.transport.close();
  }

  #note(isConnected: boolean): void {
    if (isConnected === this.#isConnected) return;
    this.#isConnected = isConnected;
    if (isConnected) {
      this.#foundNext();
    } else {
      this.#next = new Promise((resolve) => {
        const timer = setTimeout(resolve, nextServerMs);
        timer.unref();
        this.#foundNext = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      for (const lose of this.#waiting)
        lose(new Error("the connection was lost before the answer"));
    }
    for (const listener of this.#listeners) listener(isConnected);
  }
}

/** Of a user with any name: what a subject takes for more than a letter becomes `-`. */
function inboxPrefixOf({ inbox }: LinkOptions): string {
  return inbox === undefined ? "_INBOX" : `_INBOX.${inbox.replaceAll(/[^A-Za-z0-9_-]/g, "-")}`;
}

/** Connects; servers that take too long are tried again. */
async function patientlyReached(options: NodeConnectionOptions): Promise<NatsConnection> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await reachServers(options);
    } catch (error) {
      if (!(error instanceof TimeoutError) || tries >= admissionTries) throw error;
    }
  }
}

async function loginOf({ servers, credentials, tls }: LinkOptions): Promise<NodeConnectionOptions> {
  const options: NodeConnectionOptions = {};
  if (tls !== undefined) {
    const { caFile, certFile, keyFile } = tls;
    const tlsOptions = {
      checkServerIdentity: identityCheck(servers),
      ...(caFile === undefined ? {} : { caFile }),
      ...(certFile === undefined ? {} : { certFile }),
      ...(keyFile === undefined ? {} : { keyFile }),
    };
    options.tls = tlsOptions;
  }
  if (credentials?.kind === "password") {
    options.user = credentials.user;
    options.pass = credentials.password;
  } else if (credentials?.kind === "token") {
    options.token = credentials.token;
  } else if (credentials?.kind === "file") {
    options.authenticator = credsAuthenticator(await credentialsFile(credentials.path));
  }
  return options;
}

async function credentialsFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new StartError(`cluster.credentialsFile cannot be read: ${wordsOf(error)}`);
  }
}
