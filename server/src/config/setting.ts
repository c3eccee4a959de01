/** What the command line says of the configuration, before anything of the configuration is loaded. */
import type { KeyPath } from "./problem.ts";

/** A value that was set somewhere, and where. */
export interface Setting {
  readonly path: KeyPath;
  readonly value: unknown;
  /** For messages, for example `--port` or `OPENBOURSE_SERVER_PORT`. */
  readonly origin: string;
}

/** The same as text, which becomes what the schema wants in its place. */
export interface TextSetting extends Omit<Setting, "value"> {
  readonly text: string;
}

/** Short names for what is set most often: of flags, and of variables. */
export const shortNames: Readonly<Record<string, KeyPath>> = {
  host: ["server", "host"],
  port: ["server", "port"],
  data: ["data"],
  logLevel: ["log", "level"],
  logFormat: ["log", "format"],
  role: ["cluster", "role"],
};
