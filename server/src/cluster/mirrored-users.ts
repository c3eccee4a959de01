/** Users of the exchange, as nodes of a cluster share them: their keys stay sealed on the way. */
import type { UserRecord, UserStore } from "../ports/user-store.ts";
import { mergeBan, mergeRefusals } from "./merge.ts";
import type { MirroredKind, Shared } from "./mirror.ts";
import { isWhole } from "./record-fields.ts";

const idPattern = /^[0-9a-f-]{36}$/;

/** The users of a store. */
export function mirroredUsers(store: UserStore): MirroredKind<UserRecord> {
  return {
    name: "users",
    version: () => store.version(),
    behind: (id, max) => store.usersBehind(id, max).map(inOrder),
    read(id) {
      const user = store.user(id);
      return user && inOrder(user);
    },
    idOf: ({ id }) => id,
    keyOf: (id) => id,
    parse,
    merge,
    store: (record) => storeIn(store, record),
  };
}

/** Fields and refusals in one order, so that equal users have equal texts. */
function inOrder(user: UserRecord): UserRecord {
  const { id, sealedKey, label, createdAtMs, disabledAtMs, refusedWays } = user;
  return { id, sealedKey, label, createdAtMs, disabledAtMs, refusedWays: refusedWays.toSorted() };
}

function merge(
  base: UserRecord | undefined,
  mine: UserRecord,
  { record, lifted }: Shared<UserRecord>,
): Shared<UserRecord> {
  const banned = mergeBan(
    {
      base: base && { value: base.disabledAtMs },
      mine: mine.disabledAtMs,
      theirs: record.disabledAtMs,
    },
    lifted,
  );
  const refused = mergeRefusals(
    {
      base: base && { value: base.refusedWays },
      mine: mine.refusedWays,
      theirs: record.refusedWays,
    },
    banned.lifted,
  );
  const changed = { disabledAtMs: banned.ban, refusedWays: refused.refusals };
  return { record: inOrder({ ...record, ...changed }), lifted: refused.lifted };
}

function storeIn(store: UserStore, record: UserRecord): boolean {
  const { id, disabledAtMs, refusedWays } = record;
  const mine = store.user(id);
  if (mine === undefined) return store.add(record);
  if (disabledAtMs === undefined) store.enable(id);
  else if (mine.disabledAtMs !== disabledAtMs) {
    // The time of a ban is known to all, so that it can be told from another one when it is lifted.
    store.enable(id);
    store.disable(id, disabledAtMs);
  }
  for (const way of mine.refusedWays) {
    if (!refusedWays.includes(way)) store.setWay(id, way, true);
  }
  for (const way of refusedWays) store.setWay(id, way, false);
  return mine.sealedKey === record.sealedKey;
}

function parse(value: unknown): UserRecord | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const user: Partial<Record<keyof UserRecord, unknown>> = value;
  const { id, sealedKey, label, createdAtMs, disabledAtMs, refusedWays } = user;
  if (typeof id !== "string" || !idPattern.test(id)) return undefined;
  if (typeof sealedKey !== "string" || typeof label !== "string") return undefined;
  if (!isWhole(createdAtMs) || !(disabledAtMs === undefined || isWhole(disabledAtMs))) {
    return undefined;
  }
  if (!Array.isArray(refusedWays) || !refusedWays.every((way) => typeof way === "string")) {
    return undefined;
  }
  return inOrder({ id, sealedKey, label, createdAtMs, disabledAtMs, refusedWays });
}
