/** What every bucket of shared records must do, whatever it keeps them in. */
import { beforeEach, describe, expect, it } from "vitest";
import { until } from "../../../test/support/until.ts";
import type { SharedBucket, SharedChange } from "./shared-bucket.ts";
import { sharedValueBytesMax } from "./shared-bucket.ts";

/** Bytes of a text. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Text of bytes. */
export function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes && new TextDecoder().decode(bytes);
}

/** Runs the suite against the buckets that `open` makes: two of the same records, which are none at first. */
export function sharedBucketContract(
  name: string,
  open: () => Promise<readonly [SharedBucket, SharedBucket]>,
): void {
  describe(`${name} as a bucket of shared records`, () => {
    let here: SharedBucket;
    let there: SharedBucket;
    beforeEach(async () => {
      [here, there] = await open();
    });

    it("gives back what another node put, and nothing of a key that nobody did", async () => {
      expect(await here.get("a")).toBeUndefined();

      const revision = await here.put("a", bytesOf("one"));

      const found = await there.get("a");
      expect(found).toMatchObject({ key: "a", revision });
      expect(textOf((found as { value: Uint8Array }).value)).toBe("one");
    });

    it("puts over what is there when no revision is named", async () => {
      const first = await here.put("a", bytesOf("one"));
      const second = await there.put("a", bytesOf("two"));

      expect(second).toBeGreaterThan(Number(first));
      expect(await here.get("a")).toMatchObject({ revision: second });
    });

    it("puts with revision 0 only where there is nothing, also once it was removed", async () => {
      const first = await here.put("a", bytesOf("one"), 0);
      expect(first).toBeTypeOf("number");
      expect(await there.put("a", bytesOf("two"), 0)).toBe("changed");

      expect(await there.remove("a", Number(first))).toBe(true);

      expect(await here.get("a")).toBeUndefined();
      expect(await here.put("a", bytesOf("three"), 0)).toBeTypeOf("number");
      expect(await there.put("a", bytesOf("four"), 0)).toBe("changed");
    });

    it("puts in the place of a revision only, and says when that is not the newest", async () => {
      const first = Number(await here.put("a", bytesOf("one")));
      expect(await there.put("a", bytesOf("two"), first)).toBeTypeOf("number");

      expect(await here.put("a", bytesOf("three"), first)).toBe("changed");
      expect(await here.put("b", bytesOf("three"), first)).toBe("changed");
      expect(await here.remove("a", first)).toBe(false);

      expect(textOf(((await here.get("a")) as { value: Uint8Array }).value)).toBe("two");
    });

    it("lets one of many win who put or remove at once", async () => {
      const puts = Array.from({ length: 20 }, (_, at) =>
        (at % 2 === 0 ? here : there).put("a", bytesOf(String(at)), 0),
      );
      const winners = (await Promise.all(puts)).filter((outcome) => outcome !== "changed");
      expect(winners).toHaveLength(1);

      const removals = Array.from({ length: 20 }, (_, at) =>
        (at % 2 === 0 ? here : there).remove("a", Number(winners[0])),
      );
      expect((await Promise.all(removals)).filter(Boolean)).toHaveLength(1);
    });

    it("says whether there was anything to remove", async () => {
      expect(await here.remove("a")).toBe(false);
      await here.put("a", bytesOf(""));
      expect(await there.remove("a")).toBe(true);
      expect(await here.remove("a")).toBe(false);
    });

    it("keeps empty values and long ones", async () => {
      await here.put("empty", new Uint8Array());
      await here.put("long", new Uint8Array(sharedValueBytesMax).fill(7));

      expect(await there.get("empty")).toMatchObject({ value: { length: 0 } });
      const found = (await there.get("long")) as { value: Uint8Array };
      expect(found.value.length).toBe(sharedValueBytesMax);
      expect(found.value.every((byte) => byte === 7)).toBe(true);
    });

    it("tells all that is there, then every change, in the order of revisions", async () => {
      await here.put("a", bytesOf("1"));
      await here.put("b", bytesOf("2"));
      await here.put("c", bytesOf("3"));
      await here.remove("b");
      const told: SharedChange[] = [];
      const watch = there.watch((change) => told.push(change));
      await watch.caughtUp;
      const state = new Map(told.map(({ key, value }) => [key, textOf(value)]));
      expect([state.get("a"), state.get("b"), state.get("c")]).toEqual(["1", undefined, "3"]);

      await here.put("b", bytesOf("4"));
      await there.remove("a");
      await until(() => {
        const newest = (wanted: string) => told.findLast(({ key }) => key === wanted)?.value;
        expect([textOf(newest("b")), newest("a")]).toEqual(["4", undefined]);
      });
      const revisions = told.map(({ revision }) => revision);
      expect(revisions).toEqual(revisions.toSorted((left, right) => left - right));
      watch.stop();
    });

    it("tells what is there when it is asked to look, and nothing once it was stopped", async () => {
      const told: string[] = [];
      const watch = there.watch(({ key }) => told.push(key));
      await watch.caughtUp;
      await here.put("a", bytesOf("1"));
      await watch.look();
      expect(told).toEqual(["a"]);

      watch.stop();
      await here.put("b", bytesOf("2"));
      await watch.look();
      expect(told).toEqual(["a"]);
    });

    it.each(["", "a.b", "a b", "*", ">", "ü", "a".repeat(129)])(
      "treats %j as no key, which is a bug of the caller",
      async (key) => {
        await expect(here.put(key, bytesOf("1"))).rejects.toThrow("invariant violated");
        await expect(here.get(key)).rejects.toThrow("invariant violated");
        await expect(here.remove(key)).rejects.toThrow("invariant violated");
      },
    );

    it("treats a value that is too long as a bug of the caller", async () => {
      const long = new Uint8Array(sharedValueBytesMax + 1);
      await expect(here.put("a", long)).rejects.toThrow("invariant violated");
    });
  });
}
