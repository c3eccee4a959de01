/** JSON Schemas of replies, for the API description. */
import type { FieldSchema } from "./field-schema.ts";

/** Fields of an object, by name. */
export type Fields = Readonly<Record<string, FieldSchema>>;

/** A number. */
export function numberField(description: string, example: number): FieldSchema {
  return { type: "number", description, examples: [example] };
}

/** A time as a whole number. */
export function timeField(description: string, example: number): FieldSchema {
  return { type: "integer", format: "int64", description, examples: [example] };
}

/** An object all of whose fields are there. */
export function objectSchema(properties: Fields): FieldSchema {
  return { type: "object", properties, required: Object.keys(properties) };
}

/** A list without a word about its pages, as time series and trades have it. */
export function listSchema(item: FieldSchema): FieldSchema {
  return objectSchema({ data: { type: "array", items: item } });
}

/** A list that says which page it is. */
export function pagedListSchema(item: FieldSchema): FieldSchema {
  const count = { type: "integer" };
  return objectSchema({
    data: { type: "array", items: item },
    meta: objectSchema({ pagination: objectSchema({ page: count, per_page: count }) }),
  });
}

/** The same, or null where that is not known. */
export function orNull({ type = "object", ...field }: FieldSchema): FieldSchema {
  return { ...field, type: [type, "null"].flat() };
}
