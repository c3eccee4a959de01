/**
 * REST companions of the stream: which datasets, publishers and tickers there are, and what was traded.
 * Every call needs a key and counts against its workspace. What is served are the rows of the other
 * `rest-` files.
 */
import type { AccessRefusal, Doorkeeper, Grant } from "../../access/grant.ts";
import { nextMinuteMs } from "../../access/minute-quota.ts";
import { type Awaitable, whenThere } from "../../ports/awaitable.ts";
import type { ClockSessions } from "../../ports/clock-sessions.ts";
import { type DatasetReader, pastAnswerMsMax } from "../../ports/dataset-reader.ts";
import {
  type RestReply,
  type RestRequest,
  type RestRoute,
  retryAfter,
  type SecurityScheme,
  upgradeRequired,
} from "../../ports/rest.ts";
import { ownerOf, streamPaths } from "./dialect.ts";
import {
  faultReply,
  isRestFault,
  type RestFault,
  refusalReasons,
  restErrorReply,
} from "./errors.ts";
import { keyParameter, sessionParameter } from "./messages.ts";
import type { FirstPage } from "./paging.ts";
import type { RestResource, RestSources } from "./resource.ts";
import { accountResources } from "./rest-account.ts";
import { indicatorResources } from "./rest-indicators.ts";
import { listResources } from "./rest-lists.ts";
import { priceResources } from "./rest-price.ts";
import { seriesResources } from "./rest-series.ts";
import { snapshotResources } from "./rest-snapshot.ts";
import { tradeResources } from "./rest-trades.ts";
import { readDataset } from "./target.ts";

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
export const keyScheme: SecurityScheme = {
  type: "apiKey",
  in: "query",
  name: keyParameter,
  description: "API key of a workspace. The header `Authorization: apikey KEY` does as well.",
};

/** What the routes work with. */
export interface FinazonRestOptions extends RestSources {
  readonly doorkeeper: Doorkeeper;
  /** Runs a task once after a delay; the returned function cancels it. */
  after(delayMs: number, task: () => void): () => void;
  /** Clocks of their own; nobody has one where it is left out. */
  readonly sessions?: ClockSessions | undefined;
}

/** Everything that is served. */
function resources(firstPage: FirstPage): readonly RestResource[] {
  return [
    ...listResources(firstPage),
    ...accountResources(firstPage),
    ...seriesResources(firstPage),
    ...indicatorResources(firstPage),
    ...tradeResources(firstPage),
    ...priceResources,
    ...snapshotResources,
  ];
}

/** The routes, for the HTTP adapter to serve. */
export function finazonRoutes(options: FinazonRestOptions): readonly RestRoute[] {
  return resources(options.firstPage).map((resource) => ({
    method: "GET",
    path: `/:version${resource.path}`,
    summary: resource.summary,
    tag: "Finazon",
    security: [{ apikey: keyScheme }],
    querySchema: querySchema(resource, options.sessions !== undefined),
    ...(resource.replySchema === undefined ? {} : { replySchema: resource.replySchema }),
    handle: (request, nowMs) => answer({ ...options, resource, request, nowMs }),
  }));
}

const patterns = resources(0).map(
  ({ path }) => new RegExp(`^${path.replaceAll(/:\w+/g, "[^/]+")}$`),
);

/** Paths of the other protocol, in which a name stands where a publisher could (docs/protocols). */
const othersPath = /^\/(?:v1\/exchange|v2\/user-api)\//;

/** Whether something is served on this path. */
export function isRestPath(path: string): boolean {
  const [, version = ""] = path.split("/", 2);
  if (!restVersions.includes(version) || othersPath.test(path)) return false;
  const rest = path.slice(version.length + 1);
  return patterns.some((pattern) => pattern.test(rest));
}

/** The reply for a path that nothing serves. */
export function finazonNotFound(path: string): RestReply {
  if (!streamPaths.includes(path)) return restErrorReply("unknown-endpoint", path);
  return { ...restErrorReply("upgrade-required", path), headers: upgradeRequired };
}

interface Call extends FinazonRestOptions {
  readonly resource: RestResource;
  readonly request: RestRequest;
  readonly nowMs: number;
}

function answer(call: Call): Awaitable<RestReply> {
  const { doorkeeper, request, nowMs } = call;
  // A path that does not exist is no call: it is answered before a key is looked at.
  if (!restVersions.includes(request.params["version"] ?? "")) return finazonNotFound(request.path);
  const asking = doorkeeper.authenticate(readKey(request), nowMs, request.address);
  return whenThere(asking, (grant) =>
    typeof grant === "string" ? accessReply(grant, nowMs) : told(call, grant),
  );
}

function told({ resource, ...call }: Call, grant: Grant): Awaitable<RestReply> {
  const about = readDataset(call);
  const dataset = isRestFault(about) ? undefined : about.code;
  call.usage.add({ workspace: grant.workspace, dataset, kind: resource.usage }, call.nowMs);
  const seen = seenBy(call, grant);
  if (isRestFault(seen)) return faultReply(seen);
  const wait = new Wait(call.request);
  const history = wait.reader(seen.history);
  const answering = resource.answer({ ...call, ...seen, history, grant });
  return whenThere(wait.until(answering, call), (reply) =>
    isRestFault(reply) ? faultReply(reply) : reply,
  );
}

/** What there is by the clock that a call goes by: that of its session, or that of all. */
function seenBy(
  call: Omit<Call, "resource">,
  grant: Grant,
): Pick<RestSources, "catalog" | "history" | "marketUs"> | RestFault {
  const name = call.request.query[sessionParameter];
  if (name === undefined || call.sessions === undefined) return call;
  const session = call.sessions.find(ownerOf(grant), name);
  if (session === undefined) return { reason: "unknown-session", subject: name };
  const { catalog, history } = session;
  return { catalog, history, marketUs: () => session.marketUs ?? 0 };
}

/** Somebody who waits for an answer, for a while; what is read for them is left once they do not any more. */
class Wait {
  readonly #request: RestRequest;
  #isOver = false;

  constructor(request: RestRequest) {
    this.#request = request;
  }

  readonly #isAbandoned = () => this.#isOver || this.#request.isGone?.() === true;

  reader(history: DatasetReader): DatasetReader {
    const isAbandoned = this.#isAbandoned;
    return {
      bars: (query) => history.bars({ ...query, isAbandoned }),
      trades: (query) => history.trades({ ...query, isAbandoned }),
      coverage: (query) => history.coverage({ ...query, isAbandoned }),
      tickers: (dataset) => history.tickers(dataset),
    };
  }

  /** An answer, or the fault that it did not come in time. */
  until<Answer>(
    answering: Awaitable<Answer>,
    { after }: Pick<FinazonRestOptions, "after">,
  ): Awaitable<Answer | RestFault> {
    if (!(answering instanceof Promise)) return answering;
    return new Promise((resolve, reject) => {
      const cancel = after(pastAnswerMsMax, () => {
        this.#isOver = true;
        resolve({ reason: "too-slow", subject: "" });
      });
      void answering.then(resolve, reject).finally(cancel);
    });
  }
}

/** The reply to somebody who is not let in. */
export function accessReply(refusal: AccessRefusal, nowMs: number): RestReply {
  const reply = restErrorReply(refusalReasons[refusal]);
  if (refusal !== "too-many-calls") return reply;
  return { ...reply, headers: retryAfter(nextMinuteMs(nowMs) / 1_000) };
}

const authorizationScheme = /^(?:apikey|bearer) +/i;

/** The key: query parameter, `Authorization: apikey KEY`, `Bearer KEY`, or the key alone. */
export function readKey(request: RestRequest): string | undefined {
  const inQuery = request.query[keyParameter];
  if (inQuery !== undefined && inQuery !== "") return inQuery;
  return request.header("authorization")?.trim().replace(authorizationScheme, "");
}

function querySchema({ parameters, required = [] }: RestResource, hasSessions: boolean): object {
  const key = { type: "string", description: "API key, unless it is in the Authorization header." };
  const session = {
    type: "string",
    description: "Session of your key: answers know nothing of what is after its clock.",
  };
  const own = { [keyParameter]: key, ...(hasSessions && { [sessionParameter]: session }) };
  return { type: "object", properties: { ...parameters, ...own }, required };
}
