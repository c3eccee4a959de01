/**
 * The certificate and key of the public listener, checked against each other when they are read, so
 * that a mistake is told to the operator and not to the first client.
 */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import type { TlsConfig } from "../../config/schema.ts";
import type { Log } from "../../ports/log.ts";
import { StartError } from "../../ports/start-error.ts";

/** What a listener needs to speak TLS, in PEM. */
export interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/**
 * Reads and checks both files. A `StartError` says which of them has to be put right, and how; that
 * the certificate is not valid at present is a warning, as the operator may be about to renew it.
 */
export function readTls(
  { cert: certFile, key: keyFile }: TlsConfig,
  { log, nowMs }: { readonly log: Log; readonly nowMs: number },
): TlsMaterial {
  const cert = readPem("server.tls.cert", certFile);
  const key = readPem("server.tls.key", keyFile);
  const certificate = parsed(
    () => new X509Certificate(cert),
    `server.tls.cert: ${certFile} holds no certificate in PEM`,
  );
  const privateKey = parsed<KeyObject>(
    () => createPrivateKey(key),
    `server.tls.key: ${keyFile} holds no private key in PEM, or an encrypted one`,
  );
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new StartError(
      `server.tls: the key in ${keyFile} is not the one of the certificate in ${certFile}; the server's own certificate has to come first there`,
    );
  }
  const { validFromDate, validToDate, validFrom, validTo } = certificate;
  if (nowMs < validFromDate.getTime() || nowMs > validToDate.getTime()) {
    log.warn("the certificate is not valid at present", { file: certFile, validFrom, validTo });
  }
  return { cert, key };
}

/**
 * Reads both files again, for clients that come from now on. Where they cannot be used, the log says
 * why and the old ones stay. Does nothing without TLS.
 */
export function renewCertificate(
  servers: readonly { renewTls(tls: TlsMaterial): void }[],
  tls: TlsConfig | undefined,
  at: { readonly log: Log; readonly nowMs: number },
): void {
  if (tls === undefined) return;
  try {
    const material = readTls(tls, at);
    for (const server of servers) server.renewTls(material);
    at.log.info("the certificate was read again", { file: tls.cert });
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    at.log.error("the certificate was not renewed", { reason: error.message });
  }
}

function readPem(key: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "there is no such file" : `it cannot be read (${code})`;
    throw new StartError(`${key}: ${file}: ${reason}`);
  }
}

function parsed<Value>(parse: () => Value, fault: string): Value {
  try {
    return parse();
  } catch {
    throw new StartError(fault);
  }
}
