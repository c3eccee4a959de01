/** What the parts of the schema share. */

/** An object takes no key that it does not know. */
export const strict = { additionalProperties: false } as const;

/** A part of the configuration that may be left out as a whole. */
export const section = { ...strict, default: {} } as const;
