/** `check-config` and `print-config`. */
import { stringify } from "yaml";
import { type ConfigInput, loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";

/** The configuration, or the exit code 2 after all faults have been written to standard error. */
export function configOrExitCode(input: ConfigInput): Config | 2 {
  const loaded = loadConfig(input);
  if (loaded.ok) return loaded.config;
  for (const fault of loaded.faults) process.stderr.write(`${fault}\n`);
  return 2;
}

/** Says whether the configuration can be used. */
export function checkConfig(input: ConfigInput, json: boolean): number {
  const loaded = loadConfig(input);
  if (json) {
    const faults = loaded.ok ? [] : loaded.faults;
    process.stdout.write(`${JSON.stringify({ ok: loaded.ok, faults })}\n`);
    return loaded.ok ? 0 : 2;
  }
  if (!loaded.ok) return configOrExitCode(input) === 2 ? 2 : 0;
  process.stdout.write(`configuration is fine (${loaded.file ?? "no file, defaults only"})\n`);
  return 0;
}

/** Prints the configuration in force. */
export function printConfig(input: ConfigInput, json: boolean): number {
  const config = configOrExitCode(input);
  if (config === 2) return 2;
  process.stdout.write(json ? `${JSON.stringify(config, null, 2)}\n` : stringify(config));
  return 0;
}
