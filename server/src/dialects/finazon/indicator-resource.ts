/** What all indicators have in common as resources. */
import type { RestReply } from "../../ports/rest.ts";
import { type FieldSchema, textField } from "./field-schema.ts";
import { objectSchema, timeField } from "./reply-schema.ts";
import type { RestResource } from "./resource.ts";

/** An indicator, whichever the style of its address. */
export interface IndicatorResource extends Pick<RestResource, "summary" | "answer"> {
  /** Last part of its path. */
  readonly name: string;
  /** Query parameters besides those of `time_series`. */
  readonly parameters: RestResource["parameters"];
  readonly replySchema: object;
}

/** The reply's schema; each figure is a text, and those of `optional` may not be there. */
export function figuresSchema(
  fields: readonly string[],
  optional: readonly string[] = [],
): FieldSchema {
  const time = timeField("Start of the interval, in Unix seconds.", 1_675_256_340);
  const figure = textField("A decimal number.", "145.46");
  const item = {
    type: "object",
    properties: { t: time, ...Object.fromEntries(fields.map((name) => [name, figure])) },
    required: ["t", ...fields.filter((name) => !optional.includes(name))],
  };
  return objectSchema({ data: { type: "array", items: item } });
}

/** The reply with items that are written already. */
export function itemsReply(items: readonly string[]): RestReply {
  return { status: 200, body: `{"data":[${items.join(",")}]}` };
}
