/** `sessions`: who is connected to the running server, and who does not keep up. */

import { type AdminAnswer, unavailable } from "../../admin/answer.ts";
import { askServer } from "../../admin/ask-server.ts";
import type { AdminResult } from "../../admin/operations.ts";
import { listedSessionsMax } from "../../admin/sessions.ts";
import { dataFolder } from "../../config/data-folder.ts";
import type { ConfigInput } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import type { ConnectionFigures } from "../../ports/connections.ts";
import { askAndPrint } from "./administration.ts";
import { refuse } from "./key-store.ts";

type Listing = AdminResult<"list-sessions">;

/** Lists connections: those that are behind first, then the oldest. */
export function listSessionsCommand(
  input: ConfigInput,
  { limit, json }: { readonly limit: number; readonly json?: true | undefined },
): Promise<number> {
  if (limit > listedSessionsMax) {
    return Promise.resolve(refuse(`a listing has at most ${listedSessionsMax} connections`));
  }
  return askAndPrint(input, json === true, {
    ask: (config) => askForSessions(config, limit),
    say: (listing) => [...table(listing.sessions.map(cells)), summary(listing)],
  });
}

/** Asks the server and nobody else: without one there are no connections, and nothing to open. */
async function askForSessions(config: Config, limit: number): Promise<AdminAnswer<Listing>> {
  const { adminSocket } = dataFolder(config.data);
  const request = { limit };
  const answer = await askServer(adminSocket, { name: "list-sessions", request });
  if (answer === undefined) {
    return unavailable(
      `no server runs on the data folder ${config.data}: name its own with --data`,
    );
  }
  // It comes from the operation of this name, and was written by the same program.
  return answer as AdminAnswer<Listing>;
}

const heads = [
  "number",
  "protocol",
  "opened",
  "subs",
  "in",
  "out",
  "bytes out",
  "conflated",
  "waiting",
  "state",
  "from",
  "owner",
];

function cells(session: ConnectionFigures): readonly string[] {
  return [
    `${session.number}`,
    session.dialect,
    new Date(session.openedAtMs).toISOString(),
    `${session.subscriptions}`,
    `${session.messagesIn}`,
    `${session.framesOut}`,
    `${session.bytesOut}`,
    `${session.conflated}`,
    `${session.waitingBytes}`,
    session.behind ? "behind" : "good",
    session.remote,
    session.owner,
  ];
}

/** Columns as wide as their widest cell, under their heads; nothing for no rows. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return [];
  const widths = heads.map((head, column) =>
    rows.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), head.length),
  );
  return [heads, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

function summary({ connections, sessions }: Listing): string {
  return sessions.length === connections
    ? `connections: ${connections}`
    : `connections: ${connections}, of which ${sessions.length} are listed; --limit lists more`;
}
