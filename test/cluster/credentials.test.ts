/** Credentials files as `nsc` writes them, at a real NATS server that knows its users by nothing else. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { NatsOperator } from "../support/nats-credentials.ts";
import { NatsServer } from "../support/nats-server.ts";
import { refusedStart, startServerHere } from "../support/server-here.ts";
import { until } from "../support/until.ts";
import { withNats } from "../support/with-nats.ts";

withNats("credentials files are", (program) => {
  const folder = mkdtempSync(join(tmpdir(), "openbourse-credentials-"));
  const operator = new NatsOperator(folder);
  const broker = new NatsServer(program, ["--config", operator.configuration()]);
  beforeAll(() => broker.start());
  afterAll(async () => {
    await broker.remove();
    rmSync(folder, { recursive: true });
  });

  const setupOf = (name: string, file: string) => ({
    data: join(folder, name),
    settings: {
      ...{ "cluster.role": "engine", "cluster.node": name, "cluster.replicas": 1, datasets: [] },
      ...{ "cluster.servers": [broker.address], "cluster.allowUnsynced": true },
      "cluster.credentialsFile": file,
    },
  });

  it("let a node in that has the file", async () => {
    const { path } = operator.credentials("engine");
    const { server, health } = await startServerHere(setupOf("engine", path));
    await until(async () => expect(await health("cluster")).toBe("leading"));
    await server.stop();
  });

  it.each<[string, () => { path: string; seed?: string }, RegExp]>([
    [
      "of whom nobody knows",
      () => operator.credentials("stranger", { by: "stranger" }),
      /Authorization Violation\): .*cluster\.credentialsFile/,
    ],
    [
      "that has expired",
      () => operator.credentials("expired", { expiresS: Math.floor(Date.now() / 1_000) - 60 }),
      /cluster\.credentialsFile/,
    ],
    [
      "with fewer rights than its role has",
      () => operator.credentials("weak", { permissions: { pub: { allow: ["$JS.API.>"] } } }),
      /role engine cannot be had: .*the user of its role/,
    ],
    [
      "without a user's token",
      () => {
        const { path, seed } = operator.credentials("torn");
        writeFileSync(path, seed);
        return { path, seed };
      },
      /unable to parse credentials\): cluster\.credentialsFile has to be a file as nsc writes it/,
    ],
    [
      "with a seed that is none",
      () => {
        const { path, seed } = operator.credentials("spoilt");
        writeFileSync(
          path,
          `-----BEGIN NATS USER JWT-----\na.b.c\n------END NATS USER JWT------\n
-----BEGIN USER NKEY SEED-----\n${seed.slice(0, -4)}AAAA\n------END USER NKEY SEED------\n`,
        );
        return { path, seed };
      },
      /cluster\.credentialsFile/,
    ],
    [
      "that is a folder",
      () => ({ path: folder }),
      /cluster\.credentialsFile cannot be read: EISDIR/,
    ],
  ])("keep out one with a file %s, and tell no secret", async (_, make, words) => {
    const { path, seed } = make();
    const said = await refusedStart(setupOf("other", path));
    expect(said).toMatch(words);
    if (seed !== undefined) expect(said).not.toContain(seed.slice(2, 20));
  });
});
