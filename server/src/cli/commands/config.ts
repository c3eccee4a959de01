/** `check-config` and `print-config`. */
import { stringify } from "yaml";
import type { ConfigInput } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import { loadConfig } from "../../main/configuration.ts";

/** The configuration, or the exit code 2 after all faults have been written to standard error. */
export function configOrExitCode(input: ConfigInput): Config | 2 {
  const loaded = loadConfig(input);
  if (loaded.ok) {
    for (const note of loaded.notes) process.stderr.write(`${note}\n`);
    return loaded.config;
  }
  for (const fault of loaded.faults) process.stderr.write(`${fault}\n`);
  return 2;
}

/** Says whether a server would start with the configuration; resolves with the exit code. */
export async function checkConfig(input: ConfigInput, json: boolean): Promise<number> {
  const loaded = loadConfig(input);
  const faults = loaded.ok ? await faultsOfStart(loaded.config, input) : loaded.faults;
  const code = faults.length === 0 ? 0 : 2;
  if (json) process.stdout.write(`${JSON.stringify({ ok: code === 0, faults })}\n`);
  else if (loaded.ok && code === 0) {
    for (const note of loaded.notes) process.stderr.write(`${note}\n`);
    process.stdout.write(`configuration is fine (${loaded.file ?? "no file, defaults only"})\n`);
  } else for (const fault of faults) process.stderr.write(`${fault}\n`);
  return code;
}

async function faultsOfStart(
  config: Config,
  { environment }: ConfigInput,
): Promise<readonly string[]> {
  const { startFaults } = await import("../../main/start/start-faults.ts");
  return await startFaults(config, environment);
}

/** Prints the configuration in force. */
export function printConfig(input: ConfigInput, json: boolean): number {
  const config = configOrExitCode(input);
  if (config === 2) return 2;
  process.stdout.write(json ? `${JSON.stringify(config, null, 2)}\n` : stringify(config));
  return 0;
}
