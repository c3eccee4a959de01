/**
 * Certificates for 127.0.0.1, signed by themselves, made at run time with the system's `openssl`,
 * because Node makes none.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";

/** Where a certificate and its key are. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** Whether certificates can be made here. Says so where they cannot, since tests are skipped then. */
export function canMakeCertificates(): boolean {
  const found = spawnSync("openssl", ["version"]).status === 0;
  if (!found) process.stderr.write("There is no openssl here: tests of TLS are skipped.\n");
  return found;
}

/** Makes a certificate in a folder, where it stays. */
export function makeCertificate(folder: string, name = "test"): CertificateFiles {
  const [cert, key] = [join(folder, `${name}-cert.pem`), join(folder, `${name}-key.pem`)];
  const names = ["-subj", "/CN=openbourse test", "-addext", "subjectAltName=IP:127.0.0.1"];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const files = ["-keyout", key, "-out", cert];
  execFileSync("openssl", ["req", "-x509", ...kind, "-days", "2", ...names, ...files], {
    stdio: "ignore",
  });
  return { cert, key };
}

/** Lets every client of this thread trust a certificate from now on. */
export function trust({ cert }: CertificateFiles): void {
  setDefaultCACertificates([...getCACertificates("default"), readFileSync(cert, "utf8")]);
}
