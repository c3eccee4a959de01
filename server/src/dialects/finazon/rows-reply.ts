/**
 * Replies that are pages of rows: written piece by piece, with what is not known of their time, and with a
 * tag where nothing of it is expected to change.
 */
import type { Span } from "../../marketdata/bars/span.ts";
import { commonSpan } from "../../marketdata/bars/span.ts";
import type { RestReply } from "../../ports/rest.ts";
import { isNamed } from "./etag.ts";
import type { RestCall } from "./resource.ts";
import { secondUs } from "./seconds.ts";

/** Rows of one piece. */
const pieceRows = 50;

/** Most unknown times that are named; the last one then reaches over all others. */
const toldSpansMax = 20;

const minuteUs = 60 * secondUs;

/** Rows, and what is known of the time that they tell of. */
export interface Rows<Row> {
  readonly rows: readonly Row[];
  /** From the first to the last moment of which the rows tell everything that is known. */
  readonly told: Span;
  /** Of the time that was asked for, oldest first. */
  readonly unknown: readonly Span[];
  write(row: Row): string;
  tagOf(rows: readonly Row[]): string;
}

/** The list under `data`. */
export function rowsReply<Row>(call: RestCall, page: Rows<Row>): RestReply {
  const { rows, write } = page;
  const headers = headersOf(call, page);
  const isKnown =
    headers.etag !== undefined && isNamed(headers.etag, call.request.header("if-none-match"));
  if (isKnown) return { status: 304, body: "", headers };
  if (rows.length <= pieceRows) {
    return { status: 200, body: `{"data":[${rows.map(write).join(",")}]}`, headers };
  }
  return { status: 200, body: '{"data":[', rest: pieces(rows, write), headers };
}

function* pieces<Row>(rows: readonly Row[], write: (row: Row) => string): Generator<string, void> {
  for (let start = 0; start < rows.length; start += pieceRows) {
    const piece = rows
      .slice(start, start + pieceRows)
      .map(write)
      .join(",");
    yield start === 0 ? piece : `,${piece}`;
  }
  yield "]}";
}

type RowsHeaders = Readonly<Record<"cache-control", string>> & {
  readonly etag?: string;
  readonly "openbourse-unknown"?: string;
};

/** A caller's own cache may keep what has a tag, and asks before it uses it: an import may change anything. */
function headersOf<Row>(call: RestCall, { rows, told, unknown, tagOf }: Rows<Row>): RowsHeaders {
  const marketUs = call.marketUs();
  const missing = unknown.flatMap((span) => commonSpan(span, told) ?? []);
  const isClosed = missing.length === 0 && told.toUs + call.latenessUs <= marketUs;
  if (isClosed) return { "cache-control": "private, no-cache", etag: tagOf(rows) };
  // Of the running minute nobody expects to know everything.
  const past = { fromUs: told.fromUs, toUs: marketUs - (marketUs % minuteUs) };
  const spans = missing.flatMap((span) => commonSpan(span, past) ?? []);
  return {
    "cache-control": "no-store",
    ...(spans.length === 0 ? {} : { "openbourse-unknown": spansText(spans) }),
  };
}

/** `1699540020-1699540080, …`: from a second to before another one. */
function spansText(spans: readonly Span[]): string {
  const told = spans.slice(0, toldSpansMax);
  return told
    .map(({ fromUs, toUs }, index) => {
      const endUs = index === toldSpansMax - 1 ? (spans.at(-1)?.toUs ?? toUs) : toUs;
      return `${Math.floor(fromUs / secondUs)}-${Math.ceil(endUs / secondUs)}`;
    })
    .join(", ");
}
