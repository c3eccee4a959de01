import { expect, it } from "vitest";
import { withPackages } from "./open.ts";

it("says which packages a cluster needs where they are not installed, and hides no other fault", async () => {
  const missing = Object.assign(new Error("no package"), { code: "ERR_MODULE_NOT_FOUND" });
  await expect(withPackages(() => Promise.reject(missing))).rejects.toThrow(
    "cluster needs packages that are not installed: npm install @nats-io/transport-node @nats-io/jetstream",
  );
  const other = new Error("broken");
  await expect(withPackages(() => Promise.reject(other))).rejects.toBe(other);
});
