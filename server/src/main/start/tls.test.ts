import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { StartError } from "../../ports/start-error.ts";
import { readTls } from "./tls.ts";

const canMakeCertificates = spawnSync("openssl", ["version"]).status === 0;
const folder = mkdtempSync(join(tmpdir(), "openbourse-tls-"));
const file = (name: string) => join(folder, name);
const [cert, key, otherKey] = [file("cert.pem"), file("key.pem"), file("other-key.pem")];
const empty = file("empty.pem");

function openssl(...args: readonly string[]): void {
  execFileSync("openssl", args, { stdio: "ignore" });
}

const warnings: string[] = [];
const note = () => {};
const log = {
  ...{ debug: note, info: note, error: note },
  warn: (message: string) => warnings.push(message),
};
const read = (files: { cert: string; key: string }, nowMs = Date.now()) =>
  readTls(files, { log, nowMs });

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the files of a certificate", () => {
  it.each([
    ["that are not there", file("nowhere.pem"), "server.tls.cert: ", "there is no such file"],
    ["that are folders", folder, "server.tls.cert: ", "it cannot be read (EISDIR)"],
  ])("%s are named, with the reason", (_what, path, place, reason) => {
    const fault = new StartError(`${place}${path}: ${reason}`);
    expect(() => read({ cert: path, key: path })).toThrow(fault);
  });

  it("that hold something else are named", () => {
    writeFileSync(empty, "");
    const fault = new StartError(`server.tls.cert: ${empty} holds no certificate in PEM`);
    expect(() => read({ cert: empty, key: empty })).toThrow(fault);
  });
});

describe.skipIf(!canMakeCertificates)("a certificate", () => {
  beforeAll(() => {
    const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    openssl(
      "req",
      "-x509",
      ...kind,
      "-days",
      "2",
      "-subj",
      "/CN=test",
      "-keyout",
      key,
      "-out",
      cert,
    );
    openssl(
      "genpkey",
      "-algorithm",
      "EC",
      "-pkeyopt",
      "ec_paramgen_curve:prime256v1",
      "-out",
      otherKey,
    );
    openssl("pkey", "-in", key, "-aes256", "-passout", "pass:secret", "-out", file("sealed.pem"));
  });

  it("is read with its key", () => {
    const material = read({ cert, key });
    expect(material.cert).toEqual(readFileSync(cert));
    expect(material.key).toEqual(readFileSync(key));
    expect(warnings).toEqual([]);
  });

  it.each([
    ["of another certificate", otherKey, "is not the one of the certificate"],
    ["that is no key", cert, "holds no private key in PEM"],
    ["that is encrypted", file("sealed.pem"), "or an encrypted one"],
    ["that is not there", file("no-key.pem"), "server.tls.key: "],
  ])("is refused with a key %s", (_what, wrongKey, message) => {
    expect(() => read({ cert, key: wrongKey })).toThrow(StartError);
    expect(() => read({ cert, key: wrongKey })).toThrow(message);
  });

  it("may come with those that it follows from, its own first", () => {
    const chain = file("chain.pem");
    copyFileSync(cert, chain);
    const more = file("more.pem");
    openssl("req", "-x509", "-key", otherKey, "-days", "2", "-subj", "/CN=root", "-out", more);
    writeFileSync(chain, Buffer.concat([readFileSync(cert), readFileSync(more)]));
    expect(read({ cert: chain, key }).cert).toEqual(readFileSync(chain));
    writeFileSync(chain, Buffer.concat([readFileSync(more), readFileSync(cert)]));
    expect(() => read({ cert: chain, key })).toThrow("has to come first");
  });

  it.each([
    ["has expired", 3],
    ["is not valid yet", -1],
  ])("that %s is used with a warning", (_what, days) => {
    warnings.length = 0;
    read({ cert, key }, Date.now() + days * 86_400_000);
    expect(warnings).toEqual(["the certificate is not valid at present"]);
  });
});
