/** What all indicators have in common as resources. */
import type { RestReply } from "../../ports/rest.ts";
import { doublesTag } from "./etag.ts";
import { type FieldSchema, textField } from "./field-schema.ts";
import { figureText } from "./figure-text.ts";
import type { FiguresPage } from "./indicator-series.ts";
import { objectSchema, timeField } from "./reply-schema.ts";
import type { RestCall, RestResource } from "./resource.ts";
import { rowsReply } from "./rows-reply.ts";
import { secondUs } from "./seconds.ts";
import type { Series } from "./series.ts";

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

/** One item: figures in the order of their names. What is not there yet is left out. */
export interface FiguresRow {
  readonly startUs: number;
  /** With how many decimals the figures are told. */
  readonly decimals: number;
  readonly figures: readonly (number | undefined)[];
}

/** The reply with rows, given oldest first, and what is known of the bars of their page. */
export function figuresReply(
  call: RestCall,
  { order }: Series,
  { told, unknown }: Pick<FiguresPage<unknown>, "told" | "unknown">,
  { fields, items }: { readonly fields: readonly string[]; readonly items: readonly FiguresRow[] },
): RestReply {
  const rows = order === "oldest-first" ? items : items.toReversed();
  const write = ({ startUs, decimals, figures }: FiguresRow) => {
    const texts = figures.map((value, at) =>
      value === undefined ? "" : `,"${fields[at]}":"${figureText(value, decimals)}"`,
    );
    return `{"t":${startUs / secondUs}${texts.join("")}}`;
  };
  return rowsReply(call, { rows, told, unknown, write, tagOf: figuresTag });
}

function figuresTag(rows: readonly FiguresRow[]): string {
  return doublesTag(rows.map(({ startUs, figures }) => [startUs, ...figures]));
}
