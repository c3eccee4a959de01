/** Options that several commands take, and how their texts become values. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { ConfigInput } from "../config/load.ts";
import { shortNames, type TextSetting } from "../config/setting.ts";
import { hiddenDecimalsMax } from "../recordings/format.ts";

/** Options that every command with a configuration takes. */
export interface ConfigOptions {
  readonly config?: string;
  readonly host?: string;
  readonly port?: string;
  readonly data?: string;
  readonly logLevel?: string;
  readonly logFormat?: string;
  readonly role?: string;
  readonly set?: readonly string[];
}

/** Told the exit code of the command that ran. */
export type Done = (exitCode: number) => void;

const fileOption = [
  "--config <file>",
  "configuration file (default: openbourse.yaml when there is one)",
] as const;
const folderOption = ["--data <dir>", "data folder (default: data)"] as const;
const serverOptions = [
  ["--host <address>", "address to listen on (default: 127.0.0.1)"],
  ["--port <port>", "port to listen on, 0 for any free one (default: 8080)"],
  ["--log-level <level>", "debug, info, warn, error or silent (default: info)"],
  ["--log-format <format>", "auto, json or text (default: auto)"],
] as const;

/** Adds the options of the configuration. */
export function withConfig(command: Command): Command {
  for (const [flags, about] of [fileOption, ...serverOptions, folderOption]) {
    command.option(flags, about);
  }
  return command.option(
    "--set <key=value>",
    "set any single value, for example bars.latenessMs=5000; repeatable",
    collectSetting,
  );
}

/**
 * Adds the options of the configuration to a command that works on a data folder and does not listen.
 * It takes those of a server as well, so that both can be called with the same ones, but does not show them.
 */
export function withFolder(command: Command): Command {
  for (const [flags, about] of [fileOption, folderOption]) command.option(flags, about);
  for (const [flags, about] of serverOptions)
    command.addOption(new Option(flags, about).hideHelp());
  const set = new Option("--set <key=value>", "set any single value").argParser(collectSetting);
  return command.addOption(set.hideHelp());
}

function collectSetting(text: string, previous: readonly string[] = []): readonly string[] {
  if (!text.includes("=")) throw new InvalidArgumentError("Write it as key=value.");
  return collect(text, previous);
}

/** Gathers an option that may be given several times. */
export function collect(text: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, text];
}

/** A factor above 0, or `max`. */
export function speed(text: string): string {
  if (text !== "max" && !(Number(text) > 0)) {
    throw new InvalidArgumentError("It must be a number above 0, or max.");
  }
  return text;
}

/** A share in percent, 0 … 100. */
export function percent(text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (!(value >= 0 && value <= 100)) throw new InvalidArgumentError("It must be 0 to 100.");
  return value;
}

/** How many decimals a column leaves out. */
export function decimals(text: string): number {
  if (!/^\d{1,2}$/.test(text) || Number(text) > hiddenDecimalsMax)
    throw new InvalidArgumentError(`It must be a whole number from 0 to ${hiddenDecimalsMax}.`);
  return Number(text);
}

/** A whole number above 0. */
export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new InvalidArgumentError("It must be a whole number above 0.");
  return Number(text);
}

/** Where the configuration of a command comes from. */
export function configInput(options: ConfigOptions): ConfigInput {
  const named = Object.entries(shortNames).flatMap(([name, path]) => {
    const text = options[name as keyof ConfigOptions];
    return typeof text === "string" ? [{ path, text, origin: `--${dashed(name)}` }] : [];
  });
  const set = (options.set ?? []).map((text): TextSetting => {
    const at = text.indexOf("=");
    return { path: text.slice(0, at).split("."), text: text.slice(at + 1), origin: "--set" };
  });
  return { file: options.config, environment: process.env, flags: [...named, ...set] };
}

function dashed(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
