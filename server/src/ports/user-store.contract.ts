/** What every user store must do, whatever it keeps its records in. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { UserRecord, UserStore } from "./user-store.ts";

/** A user record whose id ends in `digits`. */
export function userRecord(digits: string, changes: Partial<UserRecord> = {}): UserRecord {
  return {
    id: `00000000-0000-4000-8000-${digits.padStart(12, "0")}`,
    sealedKey: `v1.${digits}`,
    label: "",
    createdAtMs: 1_000,
    disabledAtMs: undefined,
    refusedWays: [],
    ...changes,
  };
}

/** A store that does what another does, but for some methods; for trouble that a real one rarely has. */
export function withUserMethods(store: UserStore, replaced: Partial<UserStore>): UserStore {
  return {
    add: (record) => store.add(record),
    user: (id) => store.user(id),
    count: () => store.count(),
    users: (query) => store.users(query),
    usersBehind: (id, max) => store.usersBehind(id, max),
    disabledIds: () => store.disabledIds(),
    disable: (id, disabledAtMs) => store.disable(id, disabledAtMs),
    setWay: (id, way, isTaken) => store.setWay(id, way, isTaken),
    enable: (id) => store.enable(id),
    version: () => store.version(),
    lost: () => store.lost(),
    close: () => store.close(),
    ...replaced,
  };
}

/** Runs the suite against the stores that `open` makes; each must be new and empty. */
export function userStoreContract(name: string, open: () => UserStore): void {
  describe(`${name} as a user store`, () => {
    let store: UserStore;
    beforeEach(() => {
      store = open();
    });
    afterEach(() => store.close());

    userContract(() => store);
    waysContract(() => store);
    versionContract(() => store);

    it("may be closed twice", () => {
      store.close();

      expect(() => store.close()).not.toThrow();
    });
  });
}

function userContract(current: () => UserStore): void {
  it("goes through all users by their ids, some at a time", () => {
    for (const digits of ["4", "1", "3", "2"]) current().add(userRecord(digits));
    const ids = (after: string, max: number) =>
      current()
        .usersBehind(after, max)
        .map(({ id }) => id.at(-1));

    expect(ids("", 3)).toEqual(["1", "2", "3"]);
    expect(ids(userRecord("3").id, 3)).toEqual(["4"]);
    expect(ids(userRecord("4").id, 3)).toEqual([]);
  });

  it("starts empty", () => {
    expect(current().users()).toEqual([]);
    expect(current().count()).toBe(0);
    expect(current().user(userRecord("1").id)).toBeUndefined();
  });

  it("lists the users of a label, the newest of them, and the ids of the disabled ones", () => {
    const store = current();
    const labels = ["a", "b", "a", "a"];
    for (const [at, label] of labels.entries()) {
      store.add(userRecord(String(at), { label, createdAtMs: at }));
    }
    const digits = (records: readonly UserRecord[]) =>
      records.map(({ id }) => id.slice(-1)).join("");
    expect(digits(store.users({ label: "a" }))).toBe("320");
    expect(digits(store.users({ label: "a", limit: 2 }))).toBe("32");
    expect(digits(store.users({ limit: 3 }))).toBe("321");
    expect(store.users({ label: "c" })).toEqual([]);
    expect(store.disabledIds()).toEqual([]);
    store.disable(userRecord("2").id, 9);
    expect(store.disabledIds()).toEqual([userRecord("2").id]);
  });

  it("counts every user once, disabled or not", () => {
    const [one, two] = [userRecord("1"), userRecord("2", { disabledAtMs: 0 })];
    for (const record of [one, two, one]) current().add(record);
    current().disable(one.id, 5_000);

    expect(current().count()).toBe(2);
  });

  it("gives back a user as added, by the whole id only", () => {
    const record = userRecord("a1", { label: "desk 'one' \"two\" 日本", createdAtMs: 5 });

    expect(current().add(record)).toBe(true);

    expect(current().user(record.id)).toEqual(record);
    for (const other of [record.id.slice(0, 35), record.id.toUpperCase(), "%", ""]) {
      expect(current().user(other)).toBeUndefined();
    }
  });

  it("keeps a user who is added as disabled", () => {
    const record = userRecord("1", { disabledAtMs: 0 });

    current().add(record);

    expect(current().user(record.id)).toEqual(record);
  });

  it("does not store a user whose id is taken, and keeps the one that has it", () => {
    const first = userRecord("1", { label: "first" });
    current().add(first);

    expect(current().add(userRecord("1", { label: "second", sealedKey: "v1.other" }))).toBe(false);

    expect(current().users()).toEqual([first]);
  });

  it("lists users newest first, those of the same millisecond last come first", () => {
    current().add(userRecord("1", { createdAtMs: 2_000 }));
    current().add(userRecord("2", { createdAtMs: 1_000 }));
    current().add(userRecord("3", { createdAtMs: 2_000 }));

    const ids = current()
      .users()
      .map((user) => user.id);

    expect(ids).toEqual(["3", "1", "2"].map((digits) => userRecord(digits).id));
  });

  it("disables a user once and keeps them on record", () => {
    const [one, two] = [userRecord("1"), userRecord("2")];
    current().add(one);
    current().add(two);

    expect(current().disable(one.id, 5_000)).toBe(true);
    expect(current().disable(one.id, 6_000)).toBe(false);
    expect(current().disable(userRecord("3").id, 6_000)).toBe(false);

    expect(current().user(one.id)).toEqual({ ...one, disabledAtMs: 5_000 });
    expect(current().user(two.id)).toEqual(two);
  });
}

function waysContract(current: () => UserStore): void {
  it("switches a way of signing off and on for one user, and says whether that changed anything", () => {
    const [one, two] = [userRecord("1"), userRecord("2", { refusedWays: ["md5"] })];
    for (const record of [one, two]) current().add(record);

    expect(current().setWay(one.id, "md5", false)).toBe(true);
    expect(current().setWay(one.id, "md5", false)).toBe(false);
    expect(current().setWay(userRecord("3").id, "md5", false)).toBe(false);
    expect(current().user(one.id)).toEqual({ ...one, refusedWays: ["md5"] });
    expect(current().user(two.id)).toEqual(two);

    expect(current().setWay(one.id, "md5", true)).toBe(true);
    expect(current().user(one.id)).toEqual(one);

    for (const way of ["other", "md5"]) current().setWay(two.id, way, way === "md5");
    expect(current().user(two.id)).toEqual({ ...two, refusedWays: ["other"] });
  });
}

function versionContract(current: () => UserStore): void {
  it.each<readonly [string, (store: UserStore) => void]>([
    ["a new user", (store) => store.add(userRecord("2"))],
    ["a disabled user", (store) => store.disable(userRecord("1").id, 2_000)],
    ["a user without MD5", (store) => store.setWay(userRecord("1").id, "md5", false)],
  ])("has another version after %s", (_, change) => {
    current().add(userRecord("1"));
    const before = current().version();

    change(current());

    expect(current().version()).not.toBe(before);
  });

  it("keeps its version while nothing changes", () => {
    current().add(userRecord("1"));
    current().disable(userRecord("1").id, 2_000);
    const before = current().version();

    current().add(userRecord("1"));
    current().disable(userRecord("1").id, 3_000);
    current().users();

    expect(current().version()).toBe(before);
  });
}
