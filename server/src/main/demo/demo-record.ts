/**
 * What a data folder remembers of its demo: which parts it was begun with, and what was switched off
 * since and comes back when the part is switched on again.
 */
import { readFileSync } from "node:fs";
import Type, { type Static } from "typebox";
import { Value } from "typebox/value";
import { replacePrivately } from "../../adapters/files/private-file.ts";
import { StartError } from "../../ports/start-error.ts";

const ids = Type.Array(Type.String({ maxLength: 64 }), { maxItems: 10_000 });

const recordSchema = Type.Object(
  {
    /** The parts of a demo that the folder has when the configuration says nothing of them. */
    begun: Type.Object({
      key: Type.Boolean(),
      users: Type.Boolean(),
      participants: Type.Boolean(),
    }),
    /** Users and keys that were disabled because their part was switched off, and by nobody else. */
    switchedOff: Type.Object({ users: ids, keys: ids }),
  },
  { additionalProperties: false },
);

/** What `demo.json` holds. */
export type DemoRecord = Static<typeof recordSchema>;

/** A part of a demo: the API key, the users, or the simulated participants. */
export type DemoPart = keyof DemoRecord["begun"];

/** A folder with the whole of a demo, as one is begun that nothing else is said of. */
export const wholeDemo: DemoRecord = {
  begun: { key: true, users: true, participants: true },
  switchedOff: { users: [], keys: [] },
};

/** A folder without any of it. */
export const noDemo: DemoRecord = {
  begun: { key: false, users: false, participants: false },
  switchedOff: { users: [], keys: [] },
};

/**
 * Reads the record; a folder without one is new, or of a version that made a demo of every folder. A
 * `StartError` says that it cannot be made sense of.
 */
export function readDemoRecord(file: string): DemoRecord {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return wholeDemo;
    throw new StartError(`${file} cannot be read (${code}): make it readable`);
  }
  const record = parsed(text);
  if (Value.Check(recordSchema, record)) return record;
  throw new StartError(
    `${file} does not say which parts of a demo this data folder has: put it back from a backup, or delete it and say demo.key, demo.users and exchange.participants.enabled in the configuration`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Writes the record, readable by the owner only; it is there whole, or as it was. A `StartError` says why it cannot be. */
export function writeDemoRecord(file: string, record: DemoRecord): void {
  try {
    replacePrivately(file, `${JSON.stringify(record)}\n`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StartError(`${file} cannot be written (${code}): make room, or make it writable`);
  }
}
