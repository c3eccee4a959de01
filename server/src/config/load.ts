/**
 * Puts the configuration together: defaults, then the file, then the environment, then flags; later
 * ones win. What is wrong is said for all places at once.
 */
import { readFileSync } from "node:fs";
import { nearest } from "../ports/nearest.ts";
import { fillDefaults, findProblems, type KeyPath, type Problem } from "./problem.ts";
import type { Config, ConfigForm, MovedSetting } from "./schema.ts";
import type { Setting, TextSetting } from "./setting.ts";
import { readEnvironment, readYaml, settingOf, type YamlSource } from "./source.ts";

/** The file that is read when none is named. */
export const defaultConfigFile = "openbourse.yaml";

/** What goes into a configuration. */
export interface ConfigInput {
  /** A file that must exist; undefined means {@link defaultConfigFile} if there is one. */
  readonly file?: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly flags: readonly (Setting | TextSetting)[];
}

/** A usable configuration, or everything that keeps it from being one, a line each. */
export type LoadedConfig =
  | {
      readonly ok: true;
      readonly config: Config;
      readonly file: string | undefined;
      /** What was written under a name that a setting had before, a line each. */
      readonly notes: readonly string[];
    }
  | { readonly ok: false; readonly faults: readonly string[] };

/** Reads a configuration of this form and checks everything. */
export function loadConfig(input: ConfigInput, form: ConfigForm): LoadedConfig {
  const { schema, moved } = form;
  const named = input.file ?? input.environment["OPENBOURSE_CONFIG"];
  const file = readFile(named);
  if ("fault" in file) return { ok: false, faults: [file.fault] };
  const yaml = file.text === undefined ? undefined : readYaml(file.name, file.text);
  if (yaml !== undefined && yaml.faults.length > 0) return { ok: false, faults: yaml.faults };

  const environment = readEnvironment(schema, input.environment);
  const flags = input.flags.map((flag) => ("text" in flag ? settingOf(flag, schema) : flag));
  const settings = [...environment.settings, ...flags];
  const value = structuredClone(yaml?.value ?? {});
  for (const setting of settings) assign(value, setting);

  const problems = findProblems(form, value);
  const faults = [
    ...environment.faults,
    ...problems.map((problem) => locate(problem, settings, yaml)),
  ];
  if (faults.length > 0) return { ok: false, faults };
  const notes = moved.flatMap((setting) => {
    if (!move(value, setting)) return [];
    const message = `is called ${dotted(setting.to)} now; the old name still works`;
    return [locate({ path: setting.from, aboutKey: true, message }, settings, yaml)];
  });
  const config = fillDefaults(form, value) as Config;
  const fault = codeFault(config);
  if (fault !== undefined) return { ok: false, faults: [fault] };
  return { ok: true, config, file: yaml === undefined ? undefined : file.name, notes };
}

function readFile(named: string | undefined): { name: string; text?: string } | { fault: string } {
  const name = named ?? defaultConfigFile;
  try {
    return { name, text: readFileSync(name, "utf8") };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" && named === undefined) return { name };
    const reason = code === "ENOENT" ? "there is no such file" : `it cannot be read (${code})`;
    return { fault: `configuration file ${name}: ${reason}` };
  }
}

/** Gives a setting its present path, unless something is written there; returns whether it was set. */
function move(value: unknown, { from: [part, key], to }: MovedSetting): boolean {
  const holder = (value as Readonly<Record<string, Record<string, unknown> | undefined>>)[part];
  if (holder?.[key] === undefined) return false;
  const setting = { path: to, value: holder[key], origin: "" };
  delete holder[key];
  if (valueAt(value, to) === undefined) assign(value, setting);
  return true;
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (found, key) => (found as Readonly<Record<string, unknown>> | undefined)?.[key],
    value,
  );
}

function assign(target: unknown, { path, value }: Setting): void {
  let holder = target as Record<string, unknown>;
  for (const key of path.slice(0, -1)) {
    const child = holder[key];
    // A value of the wrong shape stays where it is, so that its own problem is reported.
    if (child !== undefined && (typeof child !== "object" || child === null)) return;
    holder[key] = child ?? {};
    holder = holder[key] as Record<string, unknown>;
  }
  holder[String(path.at(-1))] = value;
}

function locate(
  problem: Problem,
  settings: readonly Setting[],
  yaml: YamlSource | undefined,
): string {
  const { path, message } = problem;
  const name = path.length === 0 ? "the configuration" : dotted(path);
  // An unknown key may be one on the way to what was set: `sever` of `--set sever.port=1`.
  const set = settings.findLast((setting) => {
    const target = dotted(setting.path);
    return target === name || (problem.aboutKey && target.startsWith(`${name}.`));
  });
  if (set !== undefined) return `${set.origin}: ${name} ${message}`;
  const place = yaml?.locate(path, problem.aboutKey);
  return place === undefined ? `${name} ${message}` : `${place} ${name} ${message}`;
}

/** `datasets[0].feed.speed` */
function dotted(path: KeyPath): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? key : `${text}.${key}`;
  }, "");
}

/** Dataset code of the exchange's own trades. */
export const localDataset = "local";

function codeFault({ datasets, exchange, limits }: Config): string | undefined {
  const codes = datasets.map((dataset) => dataset.code);
  const repeated = codes.find((code, index) => codes.indexOf(code) !== index);
  if (repeated !== undefined) return `datasets: the code "${repeated}" is used twice`;
  const served = exchange.enabled ? [...codes, localDataset] : codes;
  const unknown = limits.datasets?.find((code) => !served.includes(code));
  if (unknown !== undefined) {
    const near = nearest(unknown, served);
    const hint = near === undefined ? "" : `; did you mean ${near}?`;
    return `limits.datasets: there is no dataset "${unknown}"${hint}`;
  }
  return exchange.enabled && codes.includes(localDataset)
    ? `datasets: the code "${localDataset}" is that of the exchange's own trades`
    : undefined;
}
