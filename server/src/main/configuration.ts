/** The configuration of a server with its protocols: each of them describes its own part. */
import { type ConfigInput, type LoadedConfig, loadConfig as load } from "../config/load.ts";
import { type Config, type ConfigForm, configFormOf, partOf } from "../config/schema.ts";
import type { Protocol } from "../ports/protocol.ts";
import { dialects } from "./dialects.ts";
import { feedKinds } from "./feeds.ts";

/** The form of this server's configuration. */
export const configForm: ConfigForm = configFormOf(dialects, feedKinds);

/** Reads and checks everything; for a server with other protocols when they are given. */
export function loadConfig(
  input: ConfigInput,
  protocols: readonly Protocol[] = dialects,
): LoadedConfig {
  return load(input, protocols === dialects ? configForm : configFormOf(protocols, feedKinds));
}

/** Whether a server of these protocols has an exchange: it may have one, and one of them needs it. */
export function hasExchange({ exchange }: Config, protocols: readonly Protocol[]): boolean {
  return exchange.enabled && protocols.some(({ needs }) => needs.exchange);
}

/** The protocols that are switched on and have what they need. */
export function servedProtocols(
  config: Config,
  protocols: readonly Protocol[],
): readonly Protocol[] {
  const isThere = hasExchange(config, protocols);
  return protocols.filter(
    (protocol) =>
      protocol.isEnabled(partOf(config, protocol)) && (isThere || !protocol.needs.exchange),
  );
}
