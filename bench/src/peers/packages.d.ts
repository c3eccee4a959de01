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
