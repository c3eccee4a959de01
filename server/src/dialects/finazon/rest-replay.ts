/**
 * Moves the clocks of sessions: where one is, play, pause, step, seek, speed, end. Whoever shows a key moves the sessions of
 * that key alone. The paths are ours; keys and errors are those of the rest of this folder.
 */
import type { Doorkeeper, Grant } from "../../access/grant.ts";
import { formatDecimal } from "../../core/num/decimal.ts";
import { whenThere } from "../../ports/awaitable.ts";
import type { ClockSession, ClockSessions } from "../../ports/clock-sessions.ts";
import { pastAnswerMsMax } from "../../ports/dataset-reader.ts";
import type { ReplayAction, ReplayStatus } from "../../ports/replay.ts";
import type { RestReply, RestRequest, RestRoute } from "../../ports/rest.ts";
import { ownerOf } from "./dialect.ts";
import { restErrorReply } from "./errors.ts";
import { sessionParameter } from "./messages.ts";
import {
  actionNames,
  actionOf,
  replayBodySchemas,
  replyOfState,
  timelineSchema,
} from "./replay-words.ts";
import { accessReply, keyScheme, readKey } from "./rest.ts";

const base = "/openbourse/v1/replay";

/** Bars of a timeline. */
const timelineBarsMax = 500;

/** What the routes work with. */
export interface ReplayRouteOptions {
  readonly doorkeeper: Doorkeeper;
  readonly sessions: ClockSessions;
  /** Runs a task once after a delay; the returned function cancels it. */
  after(delayMs: number, task: () => void): () => void;
}

/** Whether something of this is served on a path. */
export function isReplayPath(path: string): boolean {
  return path.startsWith(`${base}/`);
}

/** The routes. */
export function replayRoutes(options: ReplayRouteOptions): readonly RestRoute[] {
  const common = { tag: "Replay", security: [{ apikey: keyScheme }] } as const;
  const own = ownRoute(options);
  return [
    {
      ...{ ...common, method: "GET", path: `${base}/sessions` },
      summary: "The sessions of your key, and where their clocks are.",
      handle: (request, nowMs) =>
        letIn(options, request, nowMs, (grant) => {
          const states = options.sessions.of(ownerOf(grant)).map(stateOf);
          return { status: 200, body: JSON.stringify({ data: states }) };
        }),
    },
    own({
      ...{ ...common, method: "GET", path: `${base}/state` },
      summary: "Where the clock of a session is.",
      answer: (session) => stateReply(session),
    }),
    own({
      ...{ ...common, method: "GET", path: `${base}/timeline` },
      summary:
        "Volume of all of a recording over time, also of what is still to come: to choose a moment by.",
      querySchema: timelineSchema,
      answer: timeline,
    }),
    ...actionNames.map((name) => ({
      ...{ ...common, method: "POST" as const, path: `${base}/${name}` },
      ...replayBodySchemas[name],
      querySchema: sessionSchema,
      handle: (request: RestRequest, nowMs: number) =>
        letIn(options, request, nowMs, (grant) => act(options, { name, request, grant })),
    })),
    own({
      ...{ ...common, method: "POST", path: `${base}/end` },
      summary: "Ends a session; its connections are told that nothing follows.",
      answer: (session) => {
        session.end();
        return { status: 200, body: JSON.stringify({ session: session.name, state: "gone" }) };
      },
    }),
  ];
}

const sessionSchema = {
  type: "object",
  properties: {
    [sessionParameter]: {
      type: "string",
      description: "Name of the session: 1 to 64 letters, digits, dots, hyphens and underscores.",
    },
  },
  required: [sessionParameter],
};

type OwnRoute = Omit<RestRoute, "handle"> & {
  answer(session: ClockSession, request: RestRequest): RestReply;
};

/** A route about a session that there is. */
function ownRoute(options: ReplayRouteOptions): (route: OwnRoute) => RestRoute {
  return ({ answer, ...route }) => ({
    querySchema: sessionSchema,
    ...route,
    handle: (request, nowMs) =>
      letIn(options, request, nowMs, (grant) => {
        const name = request.query[sessionParameter] ?? "";
        const session = options.sessions.find(ownerOf(grant), name);
        return session === undefined
          ? restErrorReply("unknown-session", name)
          : answer(session, request);
      }),
  });
}

function letIn(
  { doorkeeper }: ReplayRouteOptions,
  request: RestRequest,
  nowMs: number,
  answer: (grant: Grant) => RestReply | Promise<RestReply>,
): RestReply | Promise<RestReply> {
  const asking = doorkeeper.authenticate(readKey(request), nowMs, request.address);
  return whenThere(asking, (grant) =>
    typeof grant === "string" ? accessReply(grant, nowMs) : answer(grant),
  ) as RestReply | Promise<RestReply>;
}

/** What is asked of a session, which begins where there is none. */
async function act(
  { sessions, after }: ReplayRouteOptions,
  asked: {
    readonly name: (typeof actionNames)[number];
    readonly request: RestRequest;
    readonly grant: Grant;
  },
): Promise<RestReply> {
  const action = actionOf(asked.name, asked.request.body);
  if (typeof action === "string") return restErrorReply("clock-refused", action);
  const joined = sessions.join(ownerOf(asked.grant), asked.request.query[sessionParameter] ?? "");
  if (typeof joined === "string") return restErrorReply(joined);
  joined.touch();
  const done = await inTime(joined, action, after);
  return typeof done === "string" ? restErrorReply("clock-refused", done) : stateReply(joined);
}

/** A long way takes a while: it goes on, and who asks again sees where the clock is. */
function inTime(
  { control }: ClockSession,
  action: ReplayAction,
  after: ReplayRouteOptions["after"],
): Promise<ReplayStatus | string> {
  return new Promise((resolve, reject) => {
    const cancel = after(pastAnswerMsMax, () => resolve(control.status()));
    void control.act(action).then(resolve, reject).finally(cancel);
  });
}

function stateReply(session: ClockSession): RestReply {
  const headers = { "cache-control": "no-store" };
  return { status: 200, headers, body: JSON.stringify(stateOf(session)) };
}

function stateOf({ name, control }: ClockSession) {
  return replyOfState(name, control.status());
}

function timeline(session: ClockSession, { query }: RestRequest): RestReply {
  const { dataset = "", ticker = "" } = query;
  if (session.catalog.dataset(dataset) === undefined) {
    return restErrorReply("invalid-parameter", "dataset");
  }
  const { bars, barUs, fromUs, toUs, isWhole } = session.timeline(dataset, ticker, timelineBarsMax);
  // Volumes are exact decimals until here.
  const rows = bars.map(
    ({ startUs, volume, volumeScale }) =>
      `{"t":${startUs / 1_000_000},"v":${formatDecimal(volume, volumeScale)}}`,
  );
  const head = {
    from: timeOf(fromUs),
    to: timeOf(toUs),
    whole: isWhole,
    seconds: barUs / 1_000_000,
  };
  const body = `${JSON.stringify(head).slice(0, -1)},"data":[${rows.join(",")}]}`;
  return { status: 200, body };
}

function timeOf(us: number | undefined): string | null {
  return us === undefined ? null : new Date(us / 1_000).toISOString();
}
