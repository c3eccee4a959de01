import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfig } from "../configuration.ts";
import { startFaults } from "./start-faults.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "openbourse-preflight-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function faults(
  settings: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const values = { data: join(folder, "data"), "server.port": 0, ...settings };
  const flags = Object.entries(values).map(([name, value]) => ({
    path: name.split("."),
    value,
    origin: "test",
  }));
  const loaded = loadConfig({ environment: {}, flags });
  if (!loaded.ok) throw new Error(loaded.faults.join("\n"));
  return await startFaults(loaded.config, environment);
}

const replay = (file: string) => ({
  datasets: [
    { code: "old", feed: { kind: "replay", files: [file], format: "binance-trades", ticker: "X" } },
  ],
});

describe("check-config", () => {
  it("finds nothing where the server would start, and makes nothing", async () => {
    expect(await faults({})).toEqual([]);
    expect(existsSync(join(folder, "data"))).toBe(false);
  });

  it("finds recordings and certificates that are not there", async () => {
    const tls = { "server.tls": { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") } };
    expect(await faults({ ...replay(join(folder, "gone.csv")), ...tls })).toEqual([
      expect.stringContaining("cert.pem"),
      expect.stringContaining("gone.csv"),
    ]);
  });

  it("finds a data folder that is a file, lies below one, or cannot be written", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    for (const data of [file, join(file, "data")]) {
      expect(await faults({ data })).toContainEqual(
        expect.stringContaining(`${file} is no folder`),
      );
    }
  });

  it.skipIf(process.getuid?.() === 0)(
    "finds a data folder that may not be written (skipped for root, who may)",
    async () => {
      const closed = join(folder, "closed");
      mkdirSync(closed);
      chmodSync(closed, 0o500);
      expect(await faults({ data: join(closed, "data") })).toEqual([
        expect.stringContaining(`cannot be made in ${closed}`),
      ]);
    },
  );

  it.skipIf(process.platform === "win32")(
    "finds a data folder whose path is too long for its socket",
    async () => {
      const data = join(folder, "d".repeat(100));
      expect(await faults({ data })).toEqual([
        expect.stringMatching(
          /admin\.sock has a path of \d+ bytes, and this system takes \d+: name a data folder with a shorter path with --data/,
        ),
      ]);
    },
  );

  it("finds an address that is not this machine's, and a master key that is none", async () => {
    const found = await faults({ "server.host": "192.0.2.1" }, { OPENBOURSE_MASTER_KEY: "short" });
    expect(found).toEqual([
      expect.stringContaining("OPENBOURSE_MASTER_KEY"),
      expect.stringContaining("192.0.2.1 is not an address of this machine"),
    ]);
  });

  it("finds limits that name datasets that are not served", () => {
    const flags = [{ path: ["limits", "datasets"], value: ["huobbi"], origin: "test" }];
    expect(loadConfig({ environment: {}, flags })).toEqual({
      ok: false,
      faults: ['limits.datasets: there is no dataset "huobbi"; did you mean huobi?'],
    });
  });
});
