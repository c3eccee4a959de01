/** Records that nodes share, as bytes: JSON objects, which another version or another program may have written. */

/** A record as bytes. */
export function bytesOf(record: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(record));
}

/** The fields of a record, none of which is checked; none at all where the bytes are no record. */
export function fieldsOf(value: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const read: unknown = JSON.parse(new TextDecoder().decode(value));
    return typeof read === "object" && read !== null ? { ...read } : {};
  } catch {
    return {};
  }
}

/** Whether a field is a whole number, as times are. */
export function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
