/** Where configuration values come from: a YAML file, environment variables, flags. Each knows its places. */
import type { TSchema } from "typebox";
import { isMap, isScalar, LineCounter, type Node, parseDocument } from "yaml";
import { nearest } from "../ports/nearest.ts";
import type { KeyPath } from "./problem.ts";
import { type Setting, shortNames, type TextSetting } from "./setting.ts";

/** A file that was read. */
export interface YamlSource {
  readonly value: unknown;
  /** Problems of the text itself. */
  readonly faults: readonly string[];
  /** `file:line:column` of a key or of its value. */
  locate(path: KeyPath, ofKey: boolean): string;
}

/** Reads the text of a configuration file. */
export function readYaml(file: string, text: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  return {
    value: document.errors.length > 0 ? undefined : (document.toJS({ maxAliasCount: 100 }) ?? {}),
    faults: document.errors.map(({ pos, message }) => `${place(pos[0])} ${firstLine(message)}`),
    locate(path, ofKey) {
      const parent = path.slice(0, -1);
      const holder = parent.length === 0 ? document.contents : document.getIn(parent, true);
      const pair = isMap(holder)
        ? holder.items.find(({ key }) => isScalar(key) && key.value === path.at(-1))
        : undefined;
      const node = ofKey || pair?.value === null ? pair?.key : document.getIn(path, true);
      const offset = (node as Node | undefined)?.range?.[0] ?? (holder as Node | null)?.range?.[0];
      return place(offset ?? 0);
    },
  };
}

/** Prefix of all environment variables that are looked at. */
export const environmentPrefix = "OPENBOURSE_";

/** Variables with this prefix belong to the project's own tests. */
const testPrefix = "OPENBOURSE_TEST_";

/** Holds the master key, which is a secret and therefore no key of the configuration. */
export const masterKeyVariable = "OPENBOURSE_MASTER_KEY";

/** Variables that are not keys of the configuration. */
const otherVariables: ReadonlySet<string> = new Set(["OPENBOURSE_CONFIG", masterKeyVariable]);

interface SchemaNode {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
}

/** Every key that holds a single value, with its schema. */
function scalarKeys(whole: TSchema): ReadonlyMap<string, { path: KeyPath; schema: SchemaNode }> {
  const found = new Map<string, { path: KeyPath; schema: SchemaNode }>();
  const visit = (schema: SchemaNode, path: readonly string[]) => {
    for (const [key, child] of Object.entries(schema.properties ?? {})) {
      if (child.properties !== undefined) visit(child, [...path, key]);
      else if (child.type !== "array")
        found.set(variableName([...path, key]), { path: [...path, key], schema: child });
    }
  };
  visit(whole as SchemaNode, []);
  for (const [name, path] of Object.entries(shortNames)) {
    const full = found.get(variableName(path as readonly string[]));
    if (full !== undefined) found.set(variableName([name]), full);
  }
  return found;
}

/** The environment variable of a key: `server.pingIntervalMs` is `OPENBOURSE_SERVER_PING_INTERVAL_MS`. */
export function variableName(path: readonly string[]): string {
  const words = path.map((key) => key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase());
  return environmentPrefix + words.join("_");
}

/** Settings from environment variables, and what is wrong with them. */
export function readEnvironment(
  schema: TSchema,
  environment: Readonly<Record<string, string | undefined>>,
): {
  readonly settings: readonly Setting[];
  readonly faults: readonly string[];
} {
  const keys = scalarKeys(schema);
  const settings: Setting[] = [];
  const faults: string[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (text === undefined || !name.startsWith(environmentPrefix)) continue;
    if (name.startsWith(testPrefix) || otherVariables.has(name)) continue;
    const key = keys.get(name);
    if (key === undefined) {
      const near = nearest(name, [...keys.keys()]);
      faults.push(
        `${name} is not a known variable${near === undefined ? "" : `; did you mean ${near}?`}`,
      );
      continue;
    }
    settings.push({ path: key.path, value: fromText(text, key.schema), origin: name });
  }
  return { settings, faults };
}

/** What a text means in its place. */
export function settingOf({ path, text, origin }: TextSetting, whole: TSchema): Setting {
  return { path, value: fromText(text, schemaOf(whole, path)), origin };
}

/** A value written as text: numbers and booleans are recognised where the schema wants them. */
function fromText(text: string, schema: SchemaNode): unknown {
  if (schema.type === "integer" || schema.type === "number") {
    return /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text;
  }
  if (schema.type === "boolean") {
    if (text === "true" || text === "1") return true;
    if (text === "false" || text === "0") return false;
  }
  return text;
}

/** The schema of a key that holds a single value. */
function schemaOf(whole: TSchema, path: KeyPath): SchemaNode {
  let schema = whole as SchemaNode;
  for (const key of path) schema = schema.properties?.[key] ?? {};
  return schema;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]?.replace(/ at line \d+, column \d+:?$/, "") ?? text;
}
