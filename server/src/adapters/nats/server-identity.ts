/**
 * Whom a NATS server's certificate has to be of. The client checks names, and takes a server that is named by its
 * address for `localhost`; so a certificate may also be of any address that is configured.
 */
import { isIP } from "node:net";
import { checkServerIdentity, type PeerCertificate } from "node:tls";

/** What TLS asks about a certificate; `servers` are `HOST:PORT` each. */
export function identityCheck(
  servers: readonly string[],
): (name: string, certificate: PeerCertificate) => Error | undefined {
  const hosts = servers.map(hostOf);
  const addresses = hosts.filter((host) => isIP(host) !== 0);
  return (name, certificate) => {
    const isAddress = name === "localhost" && !hosts.includes(name) && addresses.length > 0;
    const wanted = isAddress ? addresses : [name, ...addresses];
    const faults = wanted.map((one) => checkServerIdentity(one, certificate));
    return faults.includes(undefined) ? undefined : faults[0];
  };
}

function hostOf(server: string): string {
  const address = server.includes("://") ? server : `nats://${server}`;
  return URL.parse(address)?.hostname.replace(/^\[|\]$/g, "") ?? server;
}
