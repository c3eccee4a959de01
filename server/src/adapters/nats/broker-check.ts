/**
 * Whether the NATS servers are such that what they acknowledge is kept: recent enough, and writing to the disk before
 * they acknowledge. A connection does not show the latter; their monitoring addresses do.
 */
import { StartError } from "../../ports/start-error.ts";
import type { NatsLink } from "./link.ts";
import { wordsOf } from "./words.ts";

/** The oldest server that writes to the disk of a majority before it acknowledges, and is quick at it. */
const majorNeeded = 2;
const minorNeeded = 15;

/** How long a server may take to tell of itself, in milliseconds. */
const answerMs = 3_000;

/** What is known of the servers, and what is demanded of them. */
export interface BrokerCheckOptions {
  /** `http://HOST:PORT` of each server's monitoring. */
  readonly monitors: readonly string[];
  /** Whether it is accepted that a loss of power loses what was acknowledged. */
  readonly allowUnsynced: boolean;
}

/** What a server tells of itself, as far as it matters here. */
interface Told {
  readonly version?: unknown;
  readonly jetstream?: { readonly config?: { readonly sync_always?: unknown } };
}

/** Refuses servers that may lose what they have acknowledged; a `StartError` says which, and what to do. */
export async function checkBroker(link: NatsLink, options: BrokerCheckOptions): Promise<void> {
  const { monitors, allowUnsynced } = options;
  refuseOld(`the NATS server at ${link.server}`, link.connection.info?.version);
  if (allowUnsynced) return;
  if (monitors.length === 0) {
    throw new StartError(
      "cluster.monitors: name the monitoring address of each NATS server (http in its configuration), so that it can be seen that they write to the disk before they acknowledge; or accept with cluster.allowUnsynced: true that a loss of power loses acknowledged commands",
    );
  }
  const told = await Promise.all(monitors.map(toldBy));
  const silent = told.filter((answer) => typeof answer === "string");
  // One that is down is no reason to stay down as well.
  if (silent.length * 2 >= monitors.length) {
    throw new StartError(
      `cluster.monitors: most of the NATS servers do not tell of themselves (${silent.join("; ")}): it needs the address of each one's monitoring (http in its configuration, 8222 as a rule), which is not the port for clients`,
    );
  }
  for (const [index, answer] of told.entries()) {
    if (typeof answer === "string") continue;
    const name = `the NATS server at ${monitors[index]}`;
    refuseOld(name, answer.version);
    if (answer.jetstream?.config?.sync_always === true) continue;
    throw new StartError(
      `${name} acknowledges what is not on its disk: set sync_interval: always in its jetstream section, or accept with cluster.allowUnsynced: true that a loss of power loses acknowledged commands`,
    );
  }
}

function refuseOld(name: string, version: unknown): void {
  const [major = 0, minor = 0] = String(version).split(".").map(Number);
  const isRecent = major > majorNeeded || (major === majorNeeded && minor >= minorNeeded);
  if (isRecent) return;
  throw new StartError(
    `${name} has version ${version}, and ${majorNeeded}.${minorNeeded} or newer is needed`,
  );
}

/** What a server tells, or why it does not. */
async function toldBy(monitor: string): Promise<Told | string> {
  try {
    const answer = await fetch(new URL("/varz", monitor), {
      signal: AbortSignal.timeout(answerMs),
    });
    if (!answer.ok) return `${monitor} answers ${answer.status}`;
    return (await answer.json()) as Told;
  } catch (error) {
    const { cause } = error as Error;
    return `${monitor}: ${wordsOf(cause instanceof Error && cause.message !== "" ? cause : error)}`;
  }
}
