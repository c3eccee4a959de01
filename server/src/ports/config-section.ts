/** What the parts of a configuration schema share, whoever owns the part. */
import Type, { type TString } from "typebox";

/** An object takes no key that it does not know. */
export const strict: { readonly additionalProperties: false } = { additionalProperties: false };

/** A part of the configuration that may be left out as a whole. */
export const section: { readonly additionalProperties: false; readonly default: object } = {
  ...strict,
  default: {},
};

/** The code of a dataset, publisher or venue. */
export const code = (description: string): TString =>
  Type.String({ pattern: "^[a-z0-9][a-z0-9_.-]{0,62}$", description });
