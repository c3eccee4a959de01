/** The Finazon dialect as the gateway sees it: which paths it serves and who is let in. */
import type {
  AccessRefusal,
  Admission,
  AdmissionEvents,
  Doorkeeper,
  Grant,
} from "../../access/grant.ts";
import type { CatalogView } from "../../marketdata/catalog.ts";
import { type Awaitable, whenThere } from "../../ports/awaitable.ts";
import type { ClockSession, ClockSessions } from "../../ports/clock-sessions.ts";
import type {
  ConnectionHandle,
  Dialect,
  UpgradeDecision,
  UpgradeRequest,
} from "../../ports/dialect.ts";
import { asksForPositions } from "../kit/positions.ts";
import type { ReplyOptions } from "./encode.ts";
import { refusalReasons, restErrorReply } from "./errors.ts";
import { keyParameter, sessionParameter } from "./messages.ts";
import { createFinazonSession } from "./session.ts";

/** Paths of the stream. */
export const streamPaths: readonly string[] = ["/v1", "/v1/", "/v1.0"];

/** What the dialect works with. */
export interface FinazonDialectOptions {
  readonly catalog: CatalogView;
  readonly doorkeeper: Doorkeeper;
  /** Clocks of their own; nobody has one where it is left out. */
  readonly sessions?: ClockSessions | undefined;
  /** Choices that the reference leaves open; each has the default of D-F3. */
  readonly options?: Partial<ReplyOptions>;
}

/** A dialect that is told of datasets that get no more data. */
export interface FinazonDialect extends Dialect {
  /** The catalog says why: whoever subscribes to the dataset is told. */
  datasetEnded(code: string): void;
}

/** Makes the dialect. A connection without a good key, or beyond the limit, is refused (D-F8, D-F9). */
export function createFinazonDialect({
  catalog,
  doorkeeper,
  sessions,
  options = {},
}: FinazonDialectOptions): FinazonDialect {
  const { eventInReplies = true } = options;
  /** As many as the doorkeeper lets in. */
  const openConnections = new Set<ConnectionHandle>();

  function open(
    request: UpgradeRequest,
    connection: ConnectionHandle,
    nowMs: number,
  ): Awaitable<UpgradeDecision> {
    const events = new InjectedEvents(connection);
    const { address } = request;
    const tellsPositions = asksForPositions((name) => request.query(name));
    const admitting = doorkeeper.admit(request.query(keyParameter), events, nowMs, address);
    const sessionName = request.query(sessionParameter);
    return whenThere(admitting, (admission) =>
      decide(admission, { connection, tellsPositions, sessionName }),
    );
  }

  function decide(admission: Admission | AccessRefusal, opening: Opening) {
    if (typeof admission === "string") {
      return { kind: "refused", ...restErrorReply(refusalReasons[admission]) } as const;
    }
    const { connection, tellsPositions, sessionName } = opening;
    if (sessionName !== undefined) {
      const joined = sessions?.join(ownerOf(admission.grant), sessionName) ?? "nothing-recorded";
      if (typeof joined !== "string") return inSession(joined, admission, opening);
      admission.release();
      return { kind: "refused", ...restErrorReply(joined) } as const;
    }
    const session = createFinazonSession({
      ...{ catalog, admission, eventInReplies, tellsPositions },
      started: () => openConnections.add(connection),
      ended: () => openConnections.delete(connection),
    });
    return { kind: "accepted", session } as const;
  }

  /** What such a connection sees goes by the clock of its session. */
  function inSession(joined: ClockSession, admission: Admission, opening: Opening) {
    const { connection, tellsPositions } = opening;
    let leave = () => {};
    const session = createFinazonSession({
      ...{
        catalog: joined.catalog,
        session: joined.key,
        admission,
        eventInReplies,
        tellsPositions,
      },
      started: () => {
        leave = joined.enter((dataset) => connection.inject({ kind: "dataset-ended", dataset }));
      },
      ended: () => leave(),
    });
    return { kind: "accepted", session } as const;
  }

  function datasetEnded(dataset: string): void {
    for (const connection of openConnections) connection.inject({ kind: "dataset-ended", dataset });
  }

  return { name: "finazon", accepts: (path) => streamPaths.includes(path), open, datasetEnded };
}

/** Whose sessions are those of a key. */
export function ownerOf({ workspace, keyId }: Grant): string {
  return `${workspace}/${keyId}`;
}

/** What asks to be let in. */
interface Opening {
  readonly connection: ConnectionHandle;
  readonly tellsPositions: boolean;
  /** As it was asked for; undefined where none was. */
  readonly sessionName: string | undefined;
}

/** Tells the session of a connection what becomes of its place. */
class InjectedEvents implements AdmissionEvents {
  readonly #connection: ConnectionHandle;

  constructor(connection: ConnectionHandle) {
    this.#connection = connection;
  }

  revoked(): void {
    this.#connection.inject({ kind: "revoked" });
  }

  evicted(): void {
    this.#connection.inject({ kind: "evicted" });
  }
}
