/** The way in to real NATS servers: encrypted, with a certificate of one's own, and what is said where it is closed. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type LinkOptions, NatsLink } from "../../server/src/adapters/nats/link.ts";
import { NatsSharedLog } from "../../server/src/adapters/nats/shared-log.ts";
import { StartError } from "../../server/src/ports/start-error.ts";
import { canMakeCertificates, makeCertificate } from "../support/certificate.ts";
import { NatsServer } from "../support/nats-server.ts";
import { withNats } from "../support/with-nats.ts";

withNats("the encrypted way in to NATS is", (program) => {
  if (!canMakeCertificates()) {
    it.skip("the encrypted way in to NATS is not tested: openssl makes the certificates", () => {});
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "openbourse-link-"));
  const { cert, key } = makeCertificate(folder, "ours");
  const stranger = makeCertificate(folder, "stranger");
  const tls = ["--tls", "--tlscert", cert, "--tlskey", key, "--tlscacert", cert];
  const broker = new NatsServer(program, [...tls, "--tlsverify", "--user", "u", "--pass", "p"]);
  beforeAll(() => broker.start());
  afterAll(async () => {
    await broker.remove();
    rmSync(folder, { recursive: true });
  });

  const right = { kind: "password", user: "u", password: "p" } as const;
  const own = { caFile: cert, certFile: cert, keyFile: key };
  const foreign = { certFile: stranger.cert, keyFile: stranger.key };
  const open = (options: Partial<LinkOptions>) =>
    NatsLink.open({ servers: [broker.address], ...options });

  /** Why nobody is let in. */
  async function saidBy(options: Partial<LinkOptions>): Promise<string> {
    const refused = await open(options).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(StartError);
    return (refused as StartError).message;
  }

  it("is open to who knows the servers and is known to them, and a log is kept over it", async () => {
    const link = await open({ credentials: right, tls: own });
    const log = await NatsSharedLog.open(link, {
      ...{ name: "over_tls", replicas: 1, newEpoch: "a".repeat(32) },
    });
    expect(await log.end()).toMatchObject({ at: 0, lastSequence: 0 });
    await log.close();
    await link.close();
  });

  it.each([
    ["a wrong password", { ...right, password: "q" }, own, "Authorization", "cluster.password"],
    [
      ...(["servers that nobody vouches for", right, { ...own, caFile: undefined }] as const),
      ...(["self-signed", "cluster.tls"] as const),
    ],
    [
      ...(["a certificate that the servers do not know", right, { ...own, ...foreign }] as const),
      ...(["timeout", "does not take the certificate of cluster.tls"] as const),
    ],
    [
      ...(["a file that is not there", right, { ...own, caFile: "/nowhere.pem" }] as const),
      ...(["/nowhere.pem doesn't", "cluster.tls"] as const),
    ],
  ])(
    "is closed with %s, and the message says what to look at",
    async (_, credentials, tls, why, remedy) => {
      const said = await saidBy({ credentials, tls });
      expect(said).toContain(`no NATS server lets this process in at ${broker.address} (${why}`);
      expect(said).toContain(remedy);
    },
  );

  it("does not go to a server whose certificate is of another name", async () => {
    const [, port] = broker.address.split(":");
    const said = await saidBy({ credentials: right, tls: own, servers: [`localhost:${port}`] });
    expect(said).toContain("does not match certificate's altnames: Host: localhost");
  });

  it.each([
    ["is not there", undefined, /cluster.credentialsFile cannot be read: .*no such file/],
    ["is none", "nothing of the kind", /credentials/],
  ])("says of a credentials file that %s what is wrong with it", async (_, text, words) => {
    const path = join(folder, `credentials-${text === undefined}`);
    if (text !== undefined) writeFileSync(path, text);
    expect(await saidBy({ credentials: { kind: "file", path }, tls: own })).toMatch(words);
  });
});
