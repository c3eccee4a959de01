/** The tables of a dataset's file. What they hold of trades and bars is in bytes that only this folder reads. */
import type { Schema } from "../file/schema.ts";

/**
 * A dataset; its mark is "obds". Ticker 0 stands for all of them.
 *
 * A `trade_block` has the trades of a ticker from one event time to another one; blocks follow each other
 * in time, and `part` orders those that begin at the same time. An `hour` has the minutes of one hour and, when
 * it is not the ticker's newest, the bar of all of it; a `day` is the bar of a day that is not the newest, and how
 * many minutes it has. Their ids are made of the ticker's and the time (`rows.ts`). What is `revised` are the minutes
 * that have changed after their end since market time last passed a whole minute.
 */
export const datasetSchema: Schema = {
  applicationId: 0x6f_62_64_73,
  steps: [
    `
  CREATE TABLE position (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    time_us INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE ticker (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    minutes INTEGER NOT NULL,
    trades INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE trade_block (
    id INTEGER PRIMARY KEY,
    ticker INTEGER NOT NULL,
    from_us INTEGER NOT NULL,
    part INTEGER NOT NULL,
    to_us INTEGER NOT NULL,
    count INTEGER NOT NULL,
    body BLOB NOT NULL
  ) STRICT;
  CREATE INDEX block_of_ticker ON trade_block (ticker, from_us, part, to_us, count);

  CREATE TABLE hour (
    id INTEGER PRIMARY KEY,
    count INTEGER NOT NULL,
    body BLOB NOT NULL,
    whole BLOB
  ) STRICT;

  CREATE TABLE day (
    id INTEGER PRIMARY KEY,
    minutes INTEGER NOT NULL,
    whole BLOB NOT NULL
  ) STRICT;

  CREATE TABLE known (
    ticker INTEGER NOT NULL,
    from_us INTEGER NOT NULL,
    to_us INTEGER NOT NULL,
    PRIMARY KEY (ticker, from_us)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE gap (
    id INTEGER PRIMARY KEY,
    ticker INTEGER NOT NULL,
    from_us INTEGER NOT NULL,
    to_us INTEGER NOT NULL,
    reason TEXT NOT NULL
  ) STRICT;
  CREATE INDEX gap_of_ticker ON gap (ticker, from_us);
  `,
    `
  CREATE TABLE revised (
    ticker INTEGER NOT NULL,
    start_us INTEGER NOT NULL,
    PRIMARY KEY (ticker, start_us)
  ) STRICT, WITHOUT ROWID;
  `,
  ],
};
