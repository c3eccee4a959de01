/** A client of gRPC, made from the same `.proto` file as the server, by the same libraries where they are installed. */
import { fileURLToPath } from "node:url";
import { missingLibrary } from "../../server/src/adapters/grpc/library.ts";

/** Why there can be no client; undefined where there can. */
export const grpcMissing: string | undefined = missingLibrary();

const protoFile = fileURLToPath(
  new URL("../../server/assets/proto/finazon.proto", import.meta.url),
);

interface Metadata {
  set(key: string, value: string): void;
  get(key: string): readonly string[];
  getMap(): Readonly<Record<string, string>>;
}

/** Why a call has failed. */
export interface CallError extends Error {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
}

interface PendingCall {
  on(event: "status", listener: (status: { readonly metadata: Metadata }) => void): void;
  cancel(): void;
}

type Message = Readonly<Record<string, unknown>>;

type Rpc = (
  request: object,
  metadata: Metadata,
  options: { readonly deadline?: number },
  done: (error: CallError | null, message?: Message) => void,
) => PendingCall;

interface Stub {
  readonly [method: string]: Rpc;
}

type StubConstructor = new (address: string, credentials: object, options: object) => Stub;

interface Library {
  readonly Metadata: new () => Metadata;
  readonly credentials: { createInsecure(): object; createSsl(roots?: Buffer): object };
  readonly status: Readonly<Record<string, number>> & Readonly<Record<number, string>>;
  loadPackageDefinition(loaded: object): {
    readonly finazon: Readonly<Record<string, StubConstructor>>;
  };
}

/** What a call has come to. */
export interface Called {
  readonly message: Message;
  readonly trailer: Readonly<Record<string, string>>;
}

/** What a refused call was told. */
export interface Refused {
  readonly status: string;
  readonly details: string;
  readonly trailer: Readonly<Record<string, string>>;
}

/** How a client connects. */
export interface ClientOptions {
  readonly port: number;
  readonly key?: string;
  /** PEM of whom it trusts; plain where it is left out. */
  readonly trusted?: Buffer;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A client of all services. */
export class GrpcClient {
  readonly #grpc: Library;
  readonly #services: Readonly<Record<string, StubConstructor>>;
  readonly #options: ClientOptions;
  readonly #stubs = new Map<string, Stub>();

  private constructor(grpc: Library, services: GrpcClient["services"], options: ClientOptions) {
    this.#grpc = grpc;
    this.#services = services;
    this.#options = options;
  }

  static async open(options: ClientOptions): Promise<GrpcClient> {
    const load = async (name: string) => (await import(name)).default;
    const grpc: Library = await load("@grpc/grpc-js");
    const { loadSync } = await load("@grpc/proto-loader");
    const loaded = loadSync(protoFile, { keepCase: true, longs: Number, arrays: true });
    return new GrpcClient(grpc, grpc.loadPackageDefinition(loaded).finazon, options);
  }

  /** All services, by name; what else is in the package is no function with a service. */
  get services(): Readonly<Record<string, StubConstructor>> {
    return this.#services;
  }

  /** Calls a procedure, for example `TradeService/GetTrades`. */
  call(
    name: string,
    request: object,
    { deadline, cancelled }: { deadline?: number; cancelled?: Promise<unknown> } = {},
  ): Promise<Called> {
    const [service = "", method = ""] = name.split("/");
    const { key, metadata: entries = {} } = this.#options;
    const metadata = new this.#grpc.Metadata();
    if (key !== undefined) metadata.set("authorization", `Bearer ${key}`);
    for (const [entry, value] of Object.entries(entries)) metadata.set(entry, value);
    return new Promise((resolve, reject) => {
      let message: Message = {};
      const stub = this.#stubOf(service);
      const call = stub[method]?.call(
        ...[stub, request, metadata, deadline === undefined ? {} : { deadline }],
        (error, answer = {}) => {
          if (error !== null) reject(error);
          message = answer;
        },
      );
      // The trailer comes after the message.
      call?.on("status", (status) => resolve({ message, trailer: status.metadata.getMap() }));
      void cancelled?.then(() => call?.cancel());
    });
  }

  /** What a call is refused with. */
  async refusal(name: string, request: object, options = {}): Promise<Refused> {
    try {
      await this.call(name, request, options);
    } catch (error) {
      const { code, details, metadata } = error as CallError;
      return { status: this.#grpc.status[code] ?? "", details, trailer: metadata.getMap() };
    }
    throw new Error(`${name} was answered`);
  }

  close(): void {
    for (const stub of this.#stubs.values()) (stub as unknown as { close(): void }).close();
  }

  #stubOf(service: string): Stub {
    const known = this.#stubs.get(service);
    if (known !== undefined) return known;
    const { port, trusted } = this.#options;
    const { createInsecure, createSsl } = this.#grpc.credentials;
    const credentials = trusted === undefined ? createInsecure() : createSsl(trusted);
    const Constructor = this.#services[service];
    if (Constructor === undefined) throw new Error(`there is no ${service}`);
    const made = new Constructor(`127.0.0.1:${port}`, credentials, {
      "grpc.use_local_subchannel_pool": 1,
    });
    this.#stubs.set(service, made);
    return made;
  }
}
