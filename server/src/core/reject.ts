/** The closed list of refusals. A refused command changed nothing; these are values, never exceptions. */

/**
 * Every reject reason and its number. The hundreds name the subsystem: 100 command, 200 market,
 * 300 price and quantity, 400 order, 500 matching, 600 wallets, 700 parameters of the exchange.
 */
export const rejectCodes = {
  "malformed-command": 100,
  "too-many-users": 101,
  "unknown-user": 102,
  "unknown-market": 200,
  "market-exists": 201,
  "market-halted": 202,
  "bad-market-rules": 203,
  "too-many-markets": 204,
  "tick-size-fixed": 205,
  "lot-size-fixed": 206,
  "price-precision": 300,
  "quantity-precision": 301,
  "quantity-out-of-range": 302,
  "notional-out-of-range": 303,
  "stop-price": 304,
  "stop-price-reached": 305,
  "less-than-a-lot": 306,
  "unknown-order": 400,
  "duplicate-client-id": 401,
  "too-many-open-orders": 402,
  "exchange-full": 403,
  "post-only-would-take": 500,
  "not-fillable": 501,
  "no-liquidity": 502,
  "insufficient-funds": 600,
  "unknown-currency": 601,
  "amount-out-of-range": 602,
  "transfer-key-reused": 603,
  "genesis-not-first": 700,
  "bad-limits": 701,
  "bad-fees": 702,
} as const;

/** Why a command was refused. */
export type RejectReason = keyof typeof rejectCodes;
