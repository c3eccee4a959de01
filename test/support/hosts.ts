/**
 * Machines of a test, each with an address of its own. Where this process is root and there is `ip` they are network
 * namespaces at one bridge, each of which can be cut off from all others; else all are this machine.
 */
import { spawnSync } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";

/** A machine. */
export interface Host {
  readonly address: string;
  /** What a program on it is started with: itself, or what starts it there. */
  command(program: string, args: readonly string[]): readonly [string, readonly string[]];
  /** From now on nothing comes or goes; connections stay open, and neither end is told. */
  cut(): void;
  mend(): void;
}

/** This machine under its own name. */
export const thisHost: Host = {
  address: "127.0.0.1",
  command: (program, args) => [program, args],
  cut: () => {
    throw new Error("this machine cannot be cut off from itself");
  },
  mend: () => {},
};

/** Some machines. */
export class Hosts {
  /** Why none can be cut off; undefined where they can. */
  readonly missing: string | undefined = missingHere();
  readonly #bridge = ownName();
  readonly #network = `10.${64 + randomInt(64)}.${randomInt(256)}`;
  readonly #namespaces: string[] = [];

  /** One more. */
  add(): Host {
    if (this.missing !== undefined) return thisHost;
    if (this.#namespaces.length === 0) this.#begin();
    const number = this.#namespaces.length + 2;
    const address = `${this.#network}.${number}`;
    const namespace = `${this.#bridge}n${number}`;
    const cable = `${this.#bridge}v${number}`;
    ip(`netns add ${namespace}`);
    this.#namespaces.push(namespace);
    ip(`link add ${cable} type veth peer name eth0 netns ${namespace}`);
    ip(`-n ${namespace} addr add ${address}/24 dev eth0`);
    ip(`-n ${namespace} link set eth0 up`);
    ip(`-n ${namespace} link set lo up`);
    const mend = () => ip(`link set ${cable} master ${this.#bridge} up`);
    mend();
    const command: Host["command"] = (program, args) => [
      "ip",
      ["netns", "exec", namespace, program, ...args],
    ];
    return { address, command, mend, cut: () => ip(`link set ${cable} nomaster`) };
  }

  /** Takes all away; nothing may run there any more. */
  remove(): void {
    if (this.#namespaces.length === 0) return;
    for (const namespace of this.#namespaces.splice(0)) ip(`netns del ${namespace}`);
    ip(`link del ${this.#bridge}`);
  }

  #begin(): void {
    ip(`link add ${this.#bridge} type bridge`);
    ip(`addr add ${this.#network}.1/24 dev ${this.#bridge}`);
    ip(`link set ${this.#bridge} up`);
  }
}

/** Nobody else's on this machine: several files of tests run at a time, and in one process. */
function ownName(): string {
  return `ob${randomBytes(3).toString("hex")}`;
}

function missingHere(): string | undefined {
  if (process.getuid?.() !== 0) return "only root makes network namespaces";
  if (spawnSync("ip", ["-V"]).error !== undefined) return "there is no program ip (iproute2)";
  // A sandbox may have root without this right.
  const name = ownName();
  const made = spawnSync("ip", ["netns", "add", name], { encoding: "utf8" });
  if (made.status !== 0) return `ip netns add: ${made.stderr.trim()}`;
  ip(`netns del ${name}`);
  return undefined;
}

function ip(words: string): void {
  const { status, stderr } = spawnSync("ip", words.split(" "), { encoding: "utf8" });
  if (status !== 0) throw new Error(`ip ${words}: ${stderr.trim()}`);
}
