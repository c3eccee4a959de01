/** The tables of the command log. Batches are only ever added; nothing here updates or deletes them. */
import type { Schema } from "../file/schema.ts";

/** The command log; its mark is "obcl". */
export const commandLogSchema: Schema = {
  applicationId: 0x6f_62_63_6c,
  steps: [
    `
  CREATE TABLE log (epoch TEXT NOT NULL) STRICT;
  INSERT INTO log (epoch) VALUES (lower(hex(randomblob(16))));

  CREATE TABLE batch (
    first_sequence INTEGER PRIMARY KEY,
    count INTEGER NOT NULL,
    time_us INTEGER NOT NULL,
    checksum INTEGER NOT NULL,
    payload BLOB NOT NULL
  ) STRICT;
  `,
  ],
};

/** Every column of a batch, named as in the code. */
export const selectBatches = `
  SELECT first_sequence AS firstSequence, count, time_us AS timeUs, checksum, payload FROM batch`;
