/**
 * The tables of the history. Amounts are plain decimals as text: exact, short, and readable for
 * whoever opens the file.
 */
import type { Schema } from "../file/schema.ts";

/**
 * The history; its mark is "obhi". `name` holds users, markets and currencies, numbered in the order in
 * which they first occur. The taker of a trade is the order of its command, so `sequence` names it.
 * `order_event`, `balance_change` and `transfer` are kept in the order of their only query, which spares them an index.
 * The orders that are open are in no index of a user's orders: the exchange is asked for those.
 * The sums of a `bar` are decimals like amounts, and may be larger than any amount.
 */
export const historySchema: Schema = {
  applicationId: 0x6f_62_68_69,
  // Older files lack what only the log knows: when exactly an order ended, each event of its life, and keys of transfers.
  firstVersion: 5,
  steps: [
    `
  CREATE TABLE progress (epoch TEXT NOT NULL, last_sequence INTEGER NOT NULL) STRICT;

  CREATE TABLE name (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;

  CREATE TABLE placed_order (
    id INTEGER PRIMARY KEY,
    user INTEGER NOT NULL,
    market INTEGER NOT NULL,
    side INTEGER NOT NULL,
    price INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    value TEXT NOT NULL,
    filled INTEGER NOT NULL,
    filled_value TEXT NOT NULL,
    stop_price INTEGER NOT NULL,
    client_id TEXT,
    created_us INTEGER NOT NULL,
    close_reason INTEGER,
    closed_us INTEGER,
    closed_sequence INTEGER
  ) STRICT;
  CREATE INDEX closed_order_of_user ON placed_order (user, side, closed_sequence)
    WHERE closed_sequence IS NOT NULL;
  CREATE INDEX closed_order_in_market ON placed_order (user, market, side, closed_sequence)
    WHERE closed_sequence IS NOT NULL;
  CREATE INDEX order_by_client_id ON placed_order (user, client_id) WHERE client_id IS NOT NULL;

  CREATE TABLE order_event (
    user INTEGER NOT NULL,
    market INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    time_us INTEGER NOT NULL,
    placed_order INTEGER NOT NULL,
    phase INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    filled INTEGER NOT NULL,
    filled_value TEXT NOT NULL,
    close_reason INTEGER,
    PRIMARY KEY (user, market, sequence, ordinal)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE trade (
    sequence INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    time_us INTEGER NOT NULL,
    market INTEGER NOT NULL,
    price INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    value TEXT NOT NULL,
    aggressor INTEGER NOT NULL,
    taker_user INTEGER NOT NULL,
    taker_fee TEXT NOT NULL,
    maker INTEGER NOT NULL,
    maker_user INTEGER NOT NULL,
    maker_fee TEXT NOT NULL,
    maker_created_us INTEGER NOT NULL,
    PRIMARY KEY (sequence, ordinal)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX trade_of_market ON trade (market);
  CREATE INDEX trade_of_maker ON trade (maker);
  CREATE INDEX trade_of_taker_user ON trade (taker_user);
  CREATE INDEX trade_of_maker_user ON trade (maker_user);

  CREATE TABLE balance_change (
    user INTEGER NOT NULL,
    currency INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    ordinal INTEGER NOT NULL,
    time_us INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    old_available TEXT NOT NULL,
    new_available TEXT NOT NULL,
    old_held TEXT NOT NULL,
    new_held TEXT NOT NULL,
    PRIMARY KEY (user, currency, sequence, ordinal)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE transfer (
    user INTEGER NOT NULL,
    key TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    time_us INTEGER NOT NULL,
    direction INTEGER NOT NULL,
    currency INTEGER NOT NULL,
    amount TEXT NOT NULL,
    PRIMARY KEY (user, key, sequence)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE bar (
    market INTEGER NOT NULL,
    resolution_s INTEGER NOT NULL,
    start_s INTEGER NOT NULL,
    open INTEGER NOT NULL,
    high INTEGER NOT NULL,
    low INTEGER NOT NULL,
    close INTEGER NOT NULL,
    volume TEXT NOT NULL,
    value TEXT NOT NULL,
    trade_count INTEGER NOT NULL,
    PRIMARY KEY (market, resolution_s, start_s)
  ) STRICT, WITHOUT ROWID;
  `,
  ],
};
