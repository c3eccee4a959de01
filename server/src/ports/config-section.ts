/** What the parts of a configuration schema share, whoever owns the part. */

/** An object takes no key that it does not know. */
export const strict: { readonly additionalProperties: false } = { additionalProperties: false };

/** A part of the configuration that may be left out as a whole. */
export const section: { readonly additionalProperties: false; readonly default: object } = {
  ...strict,
  default: {},
};
