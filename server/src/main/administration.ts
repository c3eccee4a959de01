/** Where operators reach a running server. */
import { systemSecrets } from "../adapters/crypto/system-secrets.ts";
import {
  type AdminServer,
  type AdminServerOptions,
  startAdminServer,
} from "../admin/admin-server.ts";
import { isServed } from "../admin/ask-server.ts";

/** Undefined when another server on the folder is reached there. */
export async function administration(
  file: string,
  parts: Pick<AdminServerOptions, "target" | "hasExchange" | "log" | "watch">,
): Promise<AdminServer | undefined> {
  if (parts.hasExchange || !isServed(file)) {
    return await startAdminServer({ file, ...parts, secrets: systemSecrets() });
  }
  parts.log.warn("another server runs on this data folder: `sessions` lists its connections only");
  return undefined;
}
