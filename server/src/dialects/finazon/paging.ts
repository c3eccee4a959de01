/** Cuts a list into the page that was asked for (docs/protocols/finazon). */
import type { RestReply } from "../../ports/rest.ts";
import { restErrorReply } from "./errors.ts";
import type { ListBody } from "./messages.ts";

/** Most items of one page, and as many as there are when nobody says otherwise. */
export const pageSizeMax = 1_000;

/** Highest page that can be asked for; it lies beyond the end of every list. */
export const pageMax = 999_999_999;

/** From what pages are counted: 0 by the documents (D-F16), 1 by some clients. */
export type FirstPage = 0 | 1;

/** JSON Schema of the paging parameters. */
export function pagingSchema(firstPage: FirstPage): Readonly<Record<string, object>> {
  return {
    page: {
      type: "integer",
      minimum: firstPage,
      maximum: pageMax,
      default: firstPage,
      description: `Page, counted from ${firstPage}. A page shorter than page_size is the last one.`,
    },
    page_size: {
      type: "integer",
      minimum: 1,
      maximum: pageSizeMax,
      default: pageSizeMax,
      description: "Items of one page.",
    },
  };
}

/** The reply with one page of `items`, or the refusal of a paging parameter. */
export function pageReply(
  items: readonly object[],
  query: Readonly<Record<string, string>>,
  firstPage: FirstPage,
): RestReply {
  const page = readCount(query["page"], { fallback: firstPage, min: firstPage, max: pageMax });
  if (page === undefined) return restErrorReply("invalid-parameter", "page");
  const pageSize = readCount(query["page_size"], {
    fallback: pageSizeMax,
    min: 1,
    max: pageSizeMax,
  });
  if (pageSize === undefined) return restErrorReply("invalid-parameter", "page_size");
  const start = (page - firstPage) * pageSize;
  const body: ListBody<object> = {
    data: items.slice(start, start + pageSize),
    meta: { pagination: { page, per_page: pageSize } },
  };
  return { status: 200, body: JSON.stringify(body) };
}

const countPattern = /^\d{1,9}$/;

/** A whole number in a range, `fallback` where none is given, undefined for anything else. */
function readCount(
  text: string | undefined,
  { fallback, min, max }: { fallback: number; min: number; max: number },
): number | undefined {
  if (text === undefined) return fallback;
  const count = countPattern.test(text) ? Number(text) : Number.NaN;
  return count >= min && count <= max ? count : undefined;
}
