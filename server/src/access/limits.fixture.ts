/** The limits of a server that is not configured. */
import { loadConfig } from "../main/configuration.ts";
import type { Limits } from "./grant.ts";

const loaded = loadConfig({ file: undefined, environment: {}, flags: [] });
if (!loaded.ok) throw new Error(loaded.faults.join("\n"));

/** What `limits` is where the configuration says nothing. */
export const defaultLimits: Limits = loaded.config.limits as Limits;
