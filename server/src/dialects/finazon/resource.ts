/** What REST serves: each resource is a row with its path, its parameters and its answer. */
import type { Grant } from "../../access/grant.ts";
import type { CatalogView } from "../../marketdata/catalog.ts";
import type { Awaitable } from "../../ports/awaitable.ts";
import type { DatasetReader } from "../../ports/dataset-reader.ts";
import type { RestReply, RestRequest } from "../../ports/rest.ts";
import type { RestFault } from "./errors.ts";
import type { FieldSchema } from "./field-schema.ts";
import type { FirstPage } from "./paging.ts";
import type { Usage, UsageKind } from "./usage.ts";

/** What answers are made of. */
export interface RestSources {
  readonly catalog: CatalogView;
  /** The past of all datasets of the catalog. */
  readonly history: DatasetReader;
  /** From what pages are counted. */
  readonly firstPage: FirstPage;
  readonly usage: Usage;
  /** For how long after its end late trades may still change a bar. */
  readonly latenessUs: number;
  /** Market time. */
  marketUs(): number;
  /** When a workspace was made, in wall time. */
  madeMs(workspace: string): number | undefined;
}

/** One call whose key is good. */
export interface RestCall extends RestSources {
  readonly grant: Grant;
  readonly request: RestRequest;
  /** A time of the minutes in which calls are counted. */
  readonly nowMs: number;
}

/** One resource. */
export interface RestResource {
  /** Path behind the version. */
  readonly path: string;
  readonly summary: string;
  /** As what its calls are counted. */
  readonly usage: UsageKind;
  /** Query parameters besides the key. */
  readonly parameters: Readonly<Record<string, FieldSchema>>;
  /** Names of those that a call cannot do without. */
  readonly required?: readonly string[];
  /** JSON Schema of the body of a success. */
  readonly replySchema?: object;
  answer(call: RestCall): Awaitable<RestReply | RestFault>;
}
