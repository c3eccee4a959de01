/** What can befall a cluster of processes: each of its parts is killed, stands still, or is cut off. */
import type { Random } from "../../server/src/simulation/random.ts";
import type { ClusterNodeProcess } from "./cluster-node.ts";
import { type ProcessCluster, stream } from "./process-cluster.ts";

/** What happens to it. */
export type Blow = "killed" | "stands still" | "cut off";

/** To whom. */
export type Victim =
  | "the engine that leads"
  | "the standby"
  | "a gateway"
  | "the leader of the stream"
  | "another server";

export const victims: readonly Victim[] = [
  "the engine that leads",
  "the standby",
  "a gateway",
  "the leader of the stream",
  "another server",
];

/** What befalls a cluster. */
export interface Fault {
  readonly victim: Victim;
  readonly blow: Blow;
}

/** All that can happen here. */
export function faultsOf({ hosts }: ProcessCluster): readonly Fault[] {
  const blows: readonly Blow[] =
    hosts.missing === undefined
      ? ["killed", "stands still", "cut off"]
      : ["killed", "stands still"];
  return victims.flatMap((victim) => blows.map((blow) => ({ victim, blow })));
}

/** A fault that is ready to happen. */
export interface Aimed {
  /** Address of the node that it hits; undefined of a server. */
  readonly http: string | undefined;
  strike(): Promise<void>;
  mend(): void;
}

/** Something that is about to suffer. */
interface Part {
  readonly http?: string;
  strike(blow: Blow): Promise<void>;
  mend(): void;
}

/** Finds out whom it hits, so that it happens at once when it is to. */
export async function aim(
  cluster: ProcessCluster,
  { victim, blow }: Fault,
  random: Random,
): Promise<Aimed> {
  const part = await partOf(cluster, victim, random);
  return { http: part.http, strike: () => part.strike(blow), mend: () => part.mend() };
}

async function partOf(cluster: ProcessCluster, victim: Victim, random: Random): Promise<Part> {
  const { servers, engines, gateways } = cluster;
  switch (victim) {
    case "the engine that leads":
      return nodePart(cluster, await cluster.leading());
    case "the standby": {
      const leading = await cluster.leading();
      return nodePart(cluster, engines.find((engine) => engine !== leading)!);
    }
    case "a gateway":
      return nodePart(cluster, gateways[random.below(gateways.length)]!);
    case "the leader of the stream":
      return serverPart(cluster, await servers.leaderOf(stream));
    case "another server": {
      const leader = await servers.leaderOf(stream);
      const others = servers.names.filter((name) => name !== leader);
      return serverPart(cluster, others[random.below(others.length)]!);
    }
  }
}

function nodePart(cluster: ProcessCluster, node: ClusterNodeProcess): Part {
  let struck: Blow | undefined;
  return {
    http: node.http,
    async strike(blow) {
      struck = blow;
      if (blow === "killed") cluster.takeAway(node);
      if (blow === "killed") await node.kill();
      else if (blow === "stands still") node.stop();
      else node.host.cut();
    },
    mend() {
      if (struck === "stands still") node.goOn();
      else if (struck === "cut off") node.host.mend();
      cluster.giveBack(node);
    },
  };
}

function serverPart({ servers }: ProcessCluster, name: string): Part {
  let struck: Blow | undefined;
  return {
    async strike(blow) {
      struck = blow;
      if (blow === "killed") await servers.kill(name);
      else if (blow === "stands still") servers.stop(name);
      else servers.cut(name);
    },
    mend() {
      if (struck === "killed") servers.run(name);
      else if (struck === "stands still") servers.goOn(name);
      else servers.mend(name);
    },
  };
}
