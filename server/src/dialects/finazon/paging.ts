/** Pages: which one is asked for, and how a list is cut into them (docs/protocols/finazon). */
import { storedOffsetMax } from "../../ports/dataset-reader.ts";
import type { RestReply } from "../../ports/rest.ts";
import { faultReply, isRestFault, type RestFault } from "./errors.ts";
import type { FieldSchema } from "./field-schema.ts";
import type { ListBody } from "./messages.ts";
import { invalid, type Query, readCount } from "./parameters.ts";

/** Most items of one page, and as many as a reference list has when nobody says otherwise. */
export const pageSizeMax = 1_000;

/** Items of a page of a time series when nobody says otherwise. */
export const seriesPageSize = 30;

/** Highest page that can be asked for; it lies beyond the end of every list. */
export const pageMax = 999_999_999;

/** From what pages are counted: 0 by the documents (D-F16), 1 by some clients. */
export type FirstPage = 0 | 1;

/** How the pages of a list are counted, and how long they are by themselves. */
export interface Pages {
  readonly firstPage: FirstPage;
  readonly defaultSize: number;
}

/** A page that is asked for. */
export interface Page {
  readonly page: number;
  readonly size: number;
  /** How many items are on the pages before it. */
  readonly offset: number;
}

/** JSON Schema of the paging parameters. */
export function pagingSchema({
  firstPage,
  defaultSize,
}: Pages): Readonly<Record<string, FieldSchema>> {
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
      default: defaultSize,
      description: "Items of one page.",
    },
  };
}

/** The same of what is stored, of which so many items may be passed over. */
export function storedPagingSchema(pages: Pages): Readonly<Record<string, FieldSchema>> {
  const { page, ...others } = pagingSchema(pages);
  return {
    page: {
      ...page,
      maximum: pages.firstPage + storedOffsetMax,
      description: `${page?.description} At most ${storedOffsetMax} items may be on the pages before it.`,
    },
    ...others,
  };
}

/** The page that a query asks for. */
export function readPage(query: Query, { firstPage, defaultSize }: Pages): Page | RestFault {
  const page = readCount(query, "page", { fallback: firstPage, min: firstPage, max: pageMax });
  if (isRestFault(page)) return page;
  const size = readCount(query, "page_size", { fallback: defaultSize, min: 1, max: pageSizeMax });
  if (isRestFault(size)) return size;
  return { page, size, offset: (page - firstPage) * size };
}

/** The page of what is stored that a query asks for: as far in as can be read in one go. */
export function readStoredPage(query: Query, pages: Pages): Page | RestFault {
  const page = readPage(query, pages);
  if (isRestFault(page)) return page;
  return page.offset <= storedOffsetMax ? page : invalid("page");
}

/** The reply with one page of `items`, or the refusal of a paging parameter. */
export function pageReply(items: readonly object[], query: Query, firstPage: FirstPage): RestReply {
  const asked = readPage(query, { firstPage, defaultSize: pageSizeMax });
  if (isRestFault(asked)) return faultReply(asked);
  const { page, size, offset } = asked;
  const body: ListBody<object> = {
    data: items.slice(offset, offset + size),
    meta: { pagination: { page, per_page: size } },
  };
  return { status: 200, body: JSON.stringify(body) };
}
