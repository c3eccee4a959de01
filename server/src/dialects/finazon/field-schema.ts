/** What the API description says of parameters and of parts of replies. */

/** JSON Schema of one of them. */
export interface FieldSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly [keyword: string]: unknown;
}

/** A text. */
export function textField(description: string, example?: string): FieldSchema {
  return { type: "string", description, ...(example === undefined ? {} : { examples: [example] }) };
}
