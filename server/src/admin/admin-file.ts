/**
 * The file that says where the administration of a running server is reached, with which token, and
 * which process that is. Only the owner of the data folder may read it; it is there, whole, or not at all.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import Type, { type Static } from "typebox";
import { Value } from "typebox/value";

const addressSchema = Type.Object({
  url: Type.String({ pattern: "^http://127\\.0\\.0\\.1:[0-9]{1,5}$" }),
  token: Type.String({ pattern: "^[0-9a-f]{64}$" }),
  /** The server's process. */
  pid: Type.Integer({ minimum: 1 }),
  /** Whether that has the exchange as long as it is alive. */
  exchange: Type.Boolean(),
});

/** Where to ask, and what to show. */
export type AdminAddress = Static<typeof addressSchema>;

/** Writes the file, readable by its owner only. Throws what the file system throws. */
export function writeAdminFile(file: string, address: AdminAddress): void {
  const unfinished = `${file}.new`;
  // One that a crash has left behind would keep its mode.
  rmSync(unfinished, { force: true });
  try {
    writeFileSync(unfinished, `${JSON.stringify(address)}\n`, { mode: 0o600, flag: "wx" });
    renameSync(unfinished, file);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}

/** The address; undefined when there is no file or it cannot be made sense of. */
export function readAdminFile(file: string): AdminAddress | undefined {
  try {
    const address: unknown = JSON.parse(readFileSync(file, "utf8"));
    return Value.Check(addressSchema, address) ? address : undefined;
  } catch {
    return undefined;
  }
}

/** Removes the file, if it is there. */
export function removeAdminFile(file: string): void {
  rmSync(file, { force: true });
}
