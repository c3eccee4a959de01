/**
 * The few lines of each peer's interface that are used here, so that the types of the benchmarks can
 * be checked in a checkout in which the peers are not installed.
 */
declare module "bignumber.js" {
  export class BigNumber {
    constructor(value: string | number);
    plus(other: BigNumber): BigNumber;
    times(other: BigNumber): BigNumber;
    isGreaterThan(other: BigNumber): boolean;
    isLessThan(other: BigNumber): boolean;
  }
}

declare module "nodejs-order-book" {
  export interface LimitOrder {
    readonly id: string;
    readonly side: "buy" | "sell";
    readonly size: number;
    readonly price: number;
    readonly timeInForce: "GTC" | "IOC";
  }
  export interface Outcome {
    readonly err: Error | null;
  }
  export class OrderBook {
    limit(order: LimitOrder): Outcome;
    modify(id: string, change: { readonly price: number }): Outcome;
    cancel(id: string): object | undefined;
    /** Asks and bids, lowest price first. */
    depth(): readonly [
      readonly (readonly [number, number])[],
      readonly (readonly [number, number])[],
    ];
  }
}

declare module "socket.io" {
  import type { Server as HttpServer } from "node:http";
  export interface ServerOptions {
    readonly transports: readonly "websocket"[];
    readonly pingInterval: number;
  }
  export interface Room {
    emit(event: string, message: string): boolean;
  }
  export interface Socket {
    join(rooms: readonly string[]): Promise<void> | void;
  }
  export class Server {
    constructor(http: HttpServer, options: ServerOptions);
    on(event: "connection", taken: (socket: Socket) => void): this;
    to(room: string): Room;
  }
}

declare module "@duckdb/node-api" {
  export interface DuckDBConnection {
    run(sql: string): Promise<unknown>;
    runAndReadAll(
      sql: string,
      values: readonly unknown[],
    ): Promise<{ getRows(): readonly unknown[] }>;
    closeSync(): void;
  }

  export const DuckDBInstance: {
    create(file: string): Promise<{ connect(): Promise<DuckDBConnection>; closeSync(): void }>;
  };
}
