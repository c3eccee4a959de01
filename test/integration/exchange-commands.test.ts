/** `verify` and `rebuild`: what stands beside the log is held against the log, and made again from it. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runHere } from "../support/command-here.ts";
import { startServerInside } from "../support/server-here.ts";
import { untilTrue } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-verify-"));
const data = join(folder, "data");
const exchange = join(data, "exchange");
afterAll(() => rmSync(folder, { recursive: true }));

const quiet = ["--data", data, "--log-level", "silent"];

const snapshots = join(exchange, "snapshots");
/** Those that are finished, oldest first. */
const snapshotNames = (): readonly string[] =>
  existsSync(snapshots)
    ? readdirSync(snapshots)
        .filter((name) => name.endsWith(".snapshot"))
        .toSorted()
    : [];

/** A day of trading in a few seconds. */
beforeAll(async () => {
  // Slowly enough for the snapshots to keep up: all that is traded is replayed again and again below.
  const yaml = "exchange: {snapshotEveryCommands: 200, participants: {rate: 20}}";
  const server = await startServerInside({ data, yaml });
  const commands = () => server.figure("openbourse_exchange_commands_total");
  await untilTrue(async () => ((await commands()) ?? 0) >= 1_000);
  // They are made beside the trading, at the pace of the machine; one is damaged later, and another has to be there.
  await untilTrue(() => snapshotNames().length > 1);
  const busy = await runHere(["verify", ...quiet]);
  expect(busy).toMatchObject({ code: 1, stderr: expect.stringContaining("commands.db") });
  await server.stop();
});

async function findings(): Promise<{ code: number; wrong: readonly string[] }> {
  const { code, stdout } = await runHere(["verify", ...quiet, "--json"]);
  const { findings: all } = JSON.parse(stdout) as { findings: { what: string; ok: boolean }[] };
  return { code, wrong: all.filter(({ ok }) => !ok).map(({ what }) => what) };
}

describe("verify", () => {
  it("agrees when nothing was touched, and says what it compared", async () => {
    const { code, stdout, stderr } = await runHere(["verify", ...quiet]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^ok {4}log: \d+ commands, state hash [0-9a-f]{16}\nok {4}money: /);
    expect(stdout.match(/^ok {4}snapshot at \d+: equals the replay$/gm)?.length).toBeGreaterThan(1);
    expect(stdout).toMatch(/ok {4}history: \d+ orders, \d+ trades, \d+ bars, \d+ balance changes/);
  });

  it("finds a history in which one figure was changed, and rebuild mends it", async () => {
    const database = new DatabaseSync(join(exchange, "history.db"));
    const { changes } = database
      .prepare(
        "UPDATE trade SET quantity = quantity + 1 WHERE sequence = (SELECT max(sequence) FROM trade)",
      )
      .run();
    database.close();
    expect(Number(changes)).toBeGreaterThan(0);
    expect(await findings()).toEqual({ code: 1, wrong: ["history"] });
    expect(await runHere(["rebuild", ...quiet])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^the history is rebuilt from \d+ commands\n$/),
    });
    expect(await findings()).toEqual({ code: 0, wrong: [] });
  });

  it("finds a damaged snapshot; the server starts from an older one all the same", async () => {
    const newest = snapshotNames().at(-1);
    if (newest === undefined) throw new Error("a snapshot was expected");
    const file = join(snapshots, newest);
    const bytes = readFileSync(file);
    bytes[bytes.length - 10] = (bytes[bytes.length - 10] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    const { code, wrong } = await findings();
    expect({ code, wrong }).toEqual({
      code: 1,
      wrong: [expect.stringMatching(/^snapshot at \d+$/)],
    });
    const server = await startServerInside({ data });
    await server.stop();
    expect(server.log.map(({ phrase }) => phrase).join("\n")).toContain(
      "state snapshot is skipped",
    );
  });
});
