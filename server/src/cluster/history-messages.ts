/** What gateways ask engines about the past, and what they are answered. */
import type { Answer, HistoryQueries, MarketTotals, Unanswered } from "../ports/history.ts";

/** Everything that a history can be asked, with what it is asked with and the rows that it answers with. */
export type HistoryRead = {
  [Kind in keyof HistoryQueries]: Kind extends "totals"
    ? { readonly query: { readonly market: string }; readonly row: MarketTotals }
    : {
        readonly query: Parameters<HistoryQueries[Kind]>[0];
        readonly row: Exclude<Awaited<ReturnType<HistoryQueries[Kind]>>, Unanswered>[number];
      };
};

/** Name of something that can be asked. */
export type ReadKind = keyof HistoryRead;

/** What is asked, of any kind. */
export type AnyQuery = HistoryRead[ReadKind]["query"];

/** One question. */
export type HistoryQuestion = {
  [Kind in ReadKind]: {
    /** Of the log that the history is of. */
    readonly epoch: string;
    /** The answer is of a history that holds this command. */
    readonly asOf: number;
    readonly kind: Kind;
    readonly query: HistoryRead[Kind]["query"];
  };
}[ReadKind];

/** One answer. */
export type HistoryAnswer =
  | {
      readonly kind: "rows";
      readonly rows: readonly unknown[];
      /** Whether there were more rows than one answer has room for: it has the first of them. */
      readonly isCut: boolean;
    }
  | { readonly kind: "unanswered"; readonly why: Unanswered }
  /** Who was asked has not got that far in time. */
  | { readonly kind: "behind" }
  /** The question is not one that a node of the same cluster and release asks. */
  | { readonly kind: "refused"; readonly message: string };

/** What questions about the past are put to, by the name of a cluster. */
export function historySubject(cluster: string): string {
  return `${cluster}.history`;
}

/** Of several engines that answer, each question reaches one. */
export const historyGroup = "history";

/** Asks a history by the name of what is asked. */
export function askHistory(
  history: HistoryQueries,
  kind: ReadKind,
  query: AnyQuery,
): Answer<unknown> {
  if (kind === "totals") return history.totals((query as HistoryRead["totals"]["query"]).market);
  return (history[kind] as (query: AnyQuery) => Answer<unknown>).call(history, query);
}
