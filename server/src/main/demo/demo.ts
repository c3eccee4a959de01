/**
 * The demo of a data folder: its API key, its users and the simulated participants. The folder
 * remembers which of them it was begun with; what the configuration says overrides that. A part that
 * is switched off is not only no longer shown: its users and key are refused, its orders are cancelled.
 */
import { ensureDemoKey, goodDemoKeyId } from "../../access/keys.ts";
import { type DemoUser, servedDemoUsers, type UserRegistry } from "../../access/users.ts";
import { systemSecrets } from "../../adapters/crypto/system-secrets.ts";
import { replacePrivately } from "../../adapters/files/private-file.ts";
import { cancelOrdersOf } from "../../admin/orders.ts";
import type { AdminTarget } from "../../admin/target.ts";
import { participantsOf } from "../../agents/market-scene.ts";
import { type DataFolder, dataFolder, isBegun, readDemoKey } from "../../config/data-folder.ts";
import type { Config } from "../../config/schema.ts";
import type { KeyStore } from "../../ports/key-store.ts";
import type { Log } from "../../ports/log.ts";
import { StartError } from "../../ports/start-error.ts";
import {
  type DemoPart,
  type DemoRecord,
  readDemoRecord,
  wholeDemo,
  writeDemoRecord,
} from "./demo-record.ts";
import { openDemoUsers } from "./demo-users.ts";

/** The key of the configuration that switches a part. */
const settings: Readonly<Record<DemoPart, string>> = {
  key: "demo.key",
  users: "demo.users",
  participants: "exchange.participants.enabled",
};

/** What a new folder remembers: the whole of a demo but for what is switched off from the beginning. */
function begunWith(said: Readonly<Record<DemoPart, boolean | undefined>>): DemoRecord {
  const { key = true, users = true, participants = true } = said;
  return { ...wholeDemo, begun: { key, users, participants } };
}

function ofCluster({ demo, exchange }: Config): Readonly<Record<DemoPart, boolean>> {
  const participants = exchange.participants.enabled ?? false;
  return { key: demo.key ?? false, users: demo.users ?? false, participants };
}

/** The demo of one data folder during a start. */
export class Demo {
  /** The configuration, with every part of the demo decided. */
  readonly config: Config;
  /** What was switched off or on at this start, a sentence each, for people. */
  readonly notes: string[] = [];
  readonly #folder: DataFolder;
  readonly #log: Log;
  #record: DemoRecord;

  /** Reads what the folder remembers; nothing is written before the parts are opened. */
  constructor(config: Config, log: Log) {
    this.#folder = dataFolder(config.data);
    this.#record = readDemoRecord(this.#folder.demoFile);
    this.#log = log;
    const said: Readonly<Record<DemoPart, boolean | undefined>> = {
      key: config.demo.key,
      users: config.demo.users,
      participants: config.exchange.participants.enabled,
      // A cluster has what its configuration says: a folder is that of one node only.
      ...(config.cluster === undefined ? {} : ofCluster(config)),
    };
    // A folder that begins now is remembered with what is said of it now.
    if (!isBegun(this.#folder)) this.#record = begunWith(said);
    const { begun } = this.#record;
    const has = (part: DemoPart) => said[part] ?? begun[part];
    const made = (Object.keys(settings) as DemoPart[]).filter((part) => has(part) && !begun[part]);
    if (made.length > 0) this.#becomesDemo(made);
    this.config = {
      ...config,
      demo: { ...config.demo, key: has("key"), users: has("users") },
      exchange: {
        ...config.exchange,
        participants: { ...config.exchange.participants, enabled: has("participants") },
      },
    };
  }

  /** The demo key; undefined when it is switched off, and then no longer good. */
  key(store: KeyStore, nowMs: number): string | undefined {
    const remembered = readDemoKey(this.#folder);
    const secrets = systemSecrets();
    if (this.config.demo.key !== true) {
      const id = remembered && goodDemoKeyId(store, secrets, remembered);
      if (id !== undefined && id !== "")
        this.#switchOff("key", [id], (key) => store.revokeKey(key, nowMs));
      return undefined;
    }
    this.#switchOn("keys", (id) => store.reinstateKey(id));
    const made = ensureDemoKey(store, secrets, { remembered, nowMs });
    if (typeof made === "string") return undefined;
    if (made.isNew) writeDemoKey(this.#folder, made.key);
    return made.key;
  }

  /** The demo users with their money; none when they are switched off, and then refused from now on. */
  async users(
    registry: UserRegistry,
    target: AdminTarget,
    { nowMs, isTraded }: { readonly nowMs: number; readonly isTraded: boolean },
  ): Promise<readonly DemoUser[]> {
    const { store } = registry;
    if (this.config.demo.users !== true) {
      const served = servedDemoUsers(store);
      if (served.length === 0) return [];
      this.#switchOff("users", served, (id) => store.disable(id, nowMs));
      await this.#cancelOrders("users", served, target);
      return [];
    }
    this.#switchOn("users", (id) => store.enable(id));
    // Without a protocol to trade over there is nothing that could be shown.
    if (!isTraded) return [];
    return await openDemoUsers(registry, target, { nowMs, log: this.#log });
  }

  /** Takes orders of participants out of the book that are switched off. */
  async withoutParticipants(target: AdminTarget): Promise<void> {
    const markets = await target.markets();
    if ("kind" in markets) return;
    const names = markets.flatMap(({ rules }) => Object.values(participantsOf(rules.code)).flat());
    await this.#cancelOrders("participants", names, target);
  }

  /** Makes durable what the folder was begun with. */
  remember(): void {
    writeDemoRecord(this.#folder.demoFile, this.#record);
  }

  #becomesDemo(parts: readonly DemoPart[]): void {
    const begun = { ...this.#record.begun };
    for (const part of parts) begun[part] = true;
    this.#record = { ...this.#record, begun };
    const named = parts.map((part) => settings[part]).join(", ");
    this.#log.warn("this data folder was begun without parts of a demo that it has from now on", {
      settings: named,
    });
  }

  #switchOff(part: "key" | "users", ids: readonly string[], disable: (id: string) => void): void {
    const kind = part === "key" ? "keys" : "users";
    const { switchedOff } = this.#record;
    const known = new Set([...switchedOff[kind], ...ids]);
    this.#record = { ...this.#record, switchedOff: { ...switchedOff, [kind]: [...known] } };
    // Remembered first: what is disabled and not remembered would never be enabled again.
    this.remember();
    for (const id of ids) disable(id);
    const what = part === "key" ? "demo key is revoked" : "demo users are disabled";
    this.#log.info("a part of the demo is switched off", { part, ids: ids.join() });
    this.notes.push(`the ${what} (${ids.join(", ")}), because ${settings[part]} is false`);
  }

  #switchOn(kind: "keys" | "users", enable: (id: string) => boolean): void {
    const { switchedOff } = this.#record;
    const enabled = switchedOff[kind].filter((id) => enable(id));
    if (switchedOff[kind].length === 0) return;
    this.#record = { ...this.#record, switchedOff: { ...switchedOff, [kind]: [] } };
    this.remember();
    const what = kind === "keys" ? "the demo key is good" : "the demo users are enabled";
    this.#log.info("a part of the demo is switched on again", { part: kind, ids: enabled.join() });
    this.notes.push(`${what} again (${enabled.join(", ")})`);
  }

  async #cancelOrders(
    part: DemoPart,
    users: readonly string[],
    target: AdminTarget,
  ): Promise<void> {
    let cancelled = 0;
    for (const user of users) {
      const count = await cancelOrdersOf(target, { user });
      if (typeof count === "number") cancelled += count;
      else this.#log.warn("orders were not cancelled", { user, reason: count.message });
    }
    if (cancelled === 0) return;
    const whose = part === "users" ? "the demo users" : "the simulated participants";
    this.#log.info("orders of the demo are cancelled", { part, orders: cancelled });
    this.notes.push(
      `open orders of ${whose} that are cancelled, because ${settings[part]} is false: ${cancelled}`,
    );
  }
}

/** Remembers the demo key's text. A `StartError` says why it cannot be written. */
function writeDemoKey({ demoKeyFile }: DataFolder, key: string): void {
  try {
    replacePrivately(demoKeyFile, `${key}\n`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StartError(
      `${demoKeyFile} cannot be written (${code}): make room, or make it writable`,
    );
  }
}
