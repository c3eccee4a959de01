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
