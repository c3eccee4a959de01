/** Numbers records of one user as that user was told of them, and looks at no more rows at once than it may. */
import {
  type AccountQuery,
  type Place,
  type ToldRecords,
  toldRowsMax,
} from "../../../ports/history.ts";

/** Nothing, to the end of what is stored. */
export const nothingTold: ToldRecords<never> = { records: [], lookedTo: undefined };

/** How the rows of a stream are read. */
export interface ToldReads<Told> {
  /** The rows of one command, in the order in which they were told. */
  ofCommand(of: {
    readonly sequence: number;
    readonly offset: number;
    readonly limit: number;
  }): readonly Told[];
  /** Sequence of the row that has so many others between itself and the end of a command, if there is one. */
  endOf(of: { readonly sequence: number; readonly rows: number }): number | undefined;
  /** The rows after a command, up to the end of another. */
  after(of: {
    readonly sequence: number;
    readonly lookedTo: number;
    readonly limit: number;
  }): readonly Told[];
}

/** The records after a place: the rest of its command, then those of later ones. */
export function told<Told extends Place>(
  { after, limit }: Pick<AccountQuery, "after" | "limit">,
  reads: ToldReads<Told>,
): ToldRecords<Told> {
  const { sequence, ordinal } = after ?? { sequence: 0, ordinal: 0 };
  const rest =
    ordinal === Number.MAX_SAFE_INTEGER
      ? []
      : reads.ofCommand({ sequence, offset: ordinal + 1, limit });
  const records = rest.map((record, at) => ({ sequence, ordinal: ordinal + 1 + at, told: record }));
  if (records.length === limit) return { records, lookedTo: undefined };
  const lookedTo = reads.endOf({ sequence, rows: toldRowsMax - 1 });
  const later = reads.after({
    ...{ sequence, lookedTo: lookedTo ?? Number.MAX_SAFE_INTEGER },
    limit: limit - records.length,
  });
  return { records: [...records, ...numbered(later)], lookedTo };
}

/** Each with its number among those of its command. */
function numbered<Told extends Place>(rows: readonly Told[]): (Place & { readonly told: Told })[] {
  let sequence = 0;
  let ordinal = 0;
  return rows.map((told) => {
    ordinal = told.sequence === sequence ? ordinal + 1 : 0;
    sequence = told.sequence;
    return { sequence, ordinal, told };
  });
}
