/**
 * REST companions of the stream: which datasets, publishers and tickers there are. Every call needs
 * a key and counts against its workspace. What the lists hold is said in `rest-lists`.
 */
import type { AccessRefusal, Doorkeeper, Grant } from "../../access/grant.ts";
import { nextMinuteMs } from "../../access/minute-quota.ts";
import type { CatalogView } from "../../marketdata/catalog.ts";
import { type Awaitable, whenThere } from "../../ports/awaitable.ts";
import {
  type RestReply,
  type RestRequest,
  type RestRoute,
  retryAfter,
  type SecurityScheme,
  upgradeRequired,
} from "../../ports/rest.ts";
import { streamPaths } from "./dialect.ts";
import { refusalReasons, restErrorReply } from "./errors.ts";
import { keyParameter } from "./messages.ts";
import { type FirstPage, pageReply, pagingSchema } from "./paging.ts";
import { isRestFault, type RestList, restLists } from "./rest-lists.ts";

/** Versions that a path may name; they differ in nothing that is served here. */
export const restVersions: readonly string[] = [
  "latest",
  "v1",
  "v1.0",
  "v1.1",
  "v1.2",
  "v2",
  "v2.0",
];

/** How callers show their key, in the API description. */
const keyScheme: SecurityScheme = {
  type: "apiKey",
  in: "query",
  name: keyParameter,
  description: "API key of a workspace. The header `Authorization: apikey KEY` does as well.",
};

/** What the routes work with. */
export interface FinazonRestOptions {
  readonly catalog: CatalogView;
  readonly doorkeeper: Doorkeeper;
  /** From what pages are counted; 0 when left out (D-F16). */
  readonly firstPage?: FirstPage;
}

/** The routes, for the HTTP adapter to serve. */
export function finazonRoutes(options: FinazonRestOptions): readonly RestRoute[] {
  return restLists.map((list) => ({
    method: "GET",
    path: `/:version${list.path}`,
    summary: list.summary,
    tag: "Finazon",
    security: [{ apikey: keyScheme }],
    querySchema: querySchema(list, options.firstPage ?? 0),
    handle: (request, nowMs) => answer({ ...options, list, request, nowMs }),
  }));
}

/** Whether a list is served on this path. */
export function isRestPath(path: string): boolean {
  const [, version = "", ...list] = path.split("/");
  return (
    restVersions.includes(version) && restLists.some((row) => row.path === `/${list.join("/")}`)
  );
}

/** The reply for a path that nothing serves. */
export function finazonNotFound(path: string): RestReply {
  if (!streamPaths.includes(path)) return restErrorReply("unknown-endpoint", path);
  return { ...restErrorReply("upgrade-required", path), headers: upgradeRequired };
}

interface Call extends FinazonRestOptions {
  readonly list: RestList;
  readonly request: RestRequest;
  readonly nowMs: number;
}

function answer(call: Call): Awaitable<RestReply> {
  const { doorkeeper, request, nowMs } = call;
  // A path that does not exist is no call: it is answered before a key is looked at.
  if (!restVersions.includes(request.params["version"] ?? "")) return finazonNotFound(request.path);
  const asking = doorkeeper.authenticate(readKey(request), nowMs, request.address);
  return whenThere(asking, (grant) =>
    typeof grant === "string" ? accessReply(grant, nowMs) : listed(call, grant),
  );
}

function listed({ catalog, firstPage = 0, list, request }: Call, grant: Grant): RestReply {
  const items = list.items({ catalog, grant, request });
  if (isRestFault(items)) return restErrorReply(items.reason, items.subject);
  return pageReply(items, request.query, firstPage);
}

function accessReply(refusal: AccessRefusal, nowMs: number): RestReply {
  const reply = restErrorReply(refusalReasons[refusal]);
  if (refusal !== "too-many-calls") return reply;
  return { ...reply, headers: retryAfter(nextMinuteMs(nowMs) / 1_000) };
}

const authorizationScheme = /^(?:apikey|bearer) +/i;

/** The key: query parameter, `Authorization: apikey KEY`, `Bearer KEY`, or the key alone. */
function readKey(request: RestRequest): string | undefined {
  const inQuery = request.query[keyParameter];
  if (inQuery !== undefined && inQuery !== "") return inQuery;
  return request.header("authorization")?.trim().replace(authorizationScheme, "");
}

function querySchema({ parameters }: RestList, firstPage: FirstPage): object {
  const described = Object.entries(parameters).map(([name, description]) => [
    name,
    { type: "string", description },
  ]);
  const key = { type: "string", description: "API key, unless it is in the Authorization header." };
  return {
    type: "object",
    properties: {
      ...Object.fromEntries(described),
      ...pagingSchema(firstPage),
      [keyParameter]: key,
    },
  };
}
