/** The Finazon protocol as one value, for servers that list it among theirs. */
import { KeyDoorkeeper } from "../../access/doorkeeper.ts";
import { fillLimits } from "../../access/limits.ts";
import { watchedDoorkeeper } from "../../access/refused-logins.ts";
import { VisitorDoorkeeper } from "../../access/visitors.ts";
import {
  type ErrorGroup,
  type OpenProtocol,
  type Protocol,
  type ProtocolContext,
  words,
} from "../../ports/protocol.ts";
import { type FinazonConfig, finazonSchema } from "./config.ts";
import { describeStream } from "./description.ts";
import { createFinazonDialect, streamPaths } from "./dialect.ts";
import { closings, failedReply, restErrors, streamErrorCodes } from "./errors.ts";
import { finazonNotFound, finazonRoutes, isRestPath } from "./rest.ts";
import { isReplayPath, replayRoutes } from "./rest-replay.ts";
import { finazonRpc } from "./rpc.ts";
import { trial } from "./trial.ts";
import { Usage } from "./usage.ts";

const name = "finazon";

/** Bars of datasets over WebSocket, and the lists that go with them. */
export const finazon: Protocol<typeof finazonSchema> = {
  name,
  title: "Finazon",
  configSchema: finazonSchema,
  movedSettings: { unchangedBars: ["streams", "unchangedBars"] },
  needs: { exchange: false },
  closings,
  errors: {
    about: "codes in REST bodies and stream messages",
    note: "REST bodies have the code in `error.code`, stream messages in `code`.",
    groups: errorGroups(),
  },
  describeStream,
  isEnabled: () => true,
  owns: (path) => streamPaths.includes(path) || isRestPath(path) || isReplayPath(path),
  notFound: finazonNotFound,
  failed: failedReply,
  trial,
  open,
};

function open(context: ProtocolContext, config: FinazonConfig): OpenProtocol {
  const {
    catalog,
    history,
    keys: store,
    secrets,
    limits: defaults,
    watch,
    counts,
    sessions,
  } = context;
  const { eventInReplies, firstPage, onConnectionLimit: onLimit } = config;
  const keys = new KeyDoorkeeper({ store, secrets, defaults, onLimit, counts });
  const usage = new Usage(counts.quota("finazon usage"));
  const visitors =
    context.visitors &&
    new VisitorDoorkeeper(keys, fillLimits({}, defaults), {
      ...{ secrets, counts, limits: context.visitors },
    });
  const doorkeeper = watchedDoorkeeper(visitors ?? keys, name, watch);
  const dialect = createFinazonDialect({
    ...{ catalog, doorkeeper, sessions },
    options: { eventInReplies },
  });
  const { after } = context;
  const routes = finazonRoutes({
    ...{ catalog, history, doorkeeper, usage, after, sessions },
    firstPage: firstPage === 1 ? 1 : 0,
    latenessUs: context.latenessMs * 1_000,
    marketUs: () => context.marketMs() * 1_000,
    madeMs: (workspace) => store.workspace(workspace)?.createdAtMs,
  });
  return {
    dialect,
    routes:
      sessions === undefined
        ? routes
        : [...routes, ...replayRoutes({ doorkeeper, sessions, after })],
    rpc: finazonRpc({ routes, catalog }),
    refresh(nowMs) {
      keys.refresh(nowMs);
      visitors?.refresh(nowMs);
      usage.refresh(nowMs);
    },
    ...(visitors && {
      visitorPass: (address: string | undefined, nowMs: number) =>
        visitors.visitorPass(address, nowMs),
    }),
    datasetEnded: (code) => dialect.datasetEnded(code),
  };
}

/** Each code with the refusals that have it; bodies link to it by its name. */
function errorGroups(): readonly ErrorGroup[] {
  const codes = new Set([
    ...Object.values(restErrors).map(({ code }) => code),
    ...Object.values(streamErrorCodes),
  ]);
  return [...codes].toSorted().map((code) => {
    const rest = Object.values(restErrors)
      .filter((row) => row.code === code)
      .map(({ status, message }) => `HTTP ${status}: ${message}`);
    const stream = Object.entries(streamErrorCodes)
      .filter(([, ofReason]) => ofReason === code)
      .map(([reason]) => `stream: ${words(reason)}`);
    return { anchor: code, heading: code, content: [...rest, ...stream] };
  });
}
