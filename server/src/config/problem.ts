/** What is wrong with a configuration, in words: which place, what it is, what would be right. */
import type { TSchema } from "typebox";
import { Value } from "typebox/value";
import { nearest } from "../ports/nearest.ts";
import type { ConfigForm, FeedPart } from "./schema.ts";

/** A path into the configuration, for example `["server", "port"]`. */
export type KeyPath = readonly (string | number)[];

/** One thing that has to be put right. */
export interface Problem {
  readonly path: KeyPath;
  /** Whether the key itself is wrong rather than its value. */
  readonly aboutKey: boolean;
  readonly message: string;
}

interface SchemaNode extends TSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly patternProperties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly SchemaNode[];
  readonly required?: readonly string[] | undefined;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly description?: string;
}

/** All problems of a configuration value; none when it may be used. */
export function findProblems({ schema, feeds }: ConfigForm, value: unknown): readonly Problem[] {
  return [...problemsOf(schema as SchemaNode, value, []), ...feedProblems(feeds, value)];
}

/** Fills in defaults, those of feeds included. The value itself is changed. */
export function fillDefaults({ schema, feeds }: ConfigForm, value: unknown): unknown {
  const filled = Value.Default(schema, value);
  for (const found of feedsOf(feeds, filled)) Value.Default(found.schema, found.feed);
  return filled;
}

interface FoundFeed {
  readonly feed: unknown;
  readonly schema: SchemaNode;
  readonly path: KeyPath;
}

function feedsOf(kinds: readonly FeedPart[], value: unknown): readonly FoundFeed[] {
  const datasets = (value as { datasets?: unknown } | undefined)?.datasets;
  if (!Array.isArray(datasets)) return [];
  return datasets.flatMap((dataset: { feed?: { kind?: unknown } } | undefined, index) => {
    const kind = dataset?.feed?.kind;
    const schema = kinds.find((each) => each.kind === kind)?.configSchema;
    if (schema === undefined) return [];
    return [{ feed: dataset?.feed, schema, path: ["datasets", index, "feed"] }];
  });
}

function feedProblems(kinds: readonly FeedPart[], value: unknown): readonly Problem[] {
  return feedsOf(kinds, value).flatMap(({ feed, schema, path }) => problemsOf(schema, feed, path));
}

/** Walks schema and value together, which keeps each message at the deepest place that is wrong. */
function problemsOf(schema: SchemaNode, value: unknown, path: KeyPath): readonly Problem[] {
  if (schema.properties !== undefined && isMapping(value)) {
    return objectProblems(schema, value, path);
  }
  if (schema.items !== undefined && Array.isArray(value) && sizeFits(schema, value)) {
    const items = schema.items;
    return value.flatMap((item, index) => problemsOf(items, item, [...path, index]));
  }
  if (Value.Check(schema, value)) return [];
  return [
    { path, aboutKey: false, message: `must be ${describe(schema)}, but is ${shown(value)}` },
  ];
}

function objectProblems(
  schema: SchemaNode,
  value: Readonly<Record<string, unknown>>,
  path: KeyPath,
): readonly Problem[] {
  const properties = schema.properties ?? {};
  const known = Object.keys(properties);
  const isClosed = "additionalProperties" in schema;
  const unknown = Object.keys(value)
    .filter((key) => isClosed && !known.includes(key))
    .map((key) => ({ path: [...path, key], aboutKey: true, message: unknownKey(key, known) }));
  const missing = (schema.required ?? [])
    .filter((key) => value[key] === undefined && properties[key]?.default === undefined)
    .map((key) => ({
      path: [...path, key],
      aboutKey: true,
      message: `is missing: it must be ${describe(properties[key] ?? {})}`,
    }));
  const wrong = known
    .filter((key) => value[key] !== undefined)
    .flatMap((key) => problemsOf(properties[key] ?? {}, value[key], [...path, key]));
  return [...unknown, ...missing, ...wrong];
}

function unknownKey(key: string, known: readonly string[]): string {
  const near = nearest(key, known);
  const hint = near === undefined ? "" : `; did you mean "${near}"?`;
  return `is not a known key${hint} (known here: ${known.join(", ")})`;
}

/** What a value has to be, in words. */
export function describe(schema: SchemaNode): string {
  if (schema.enum !== undefined) return `one of ${schema.enum.join(", ")}`;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.anyOf !== undefined) return schema.anyOf.map(describe).join(" or ");
  switch (schema.type) {
    case "integer":
      return `a whole number${range(schema)}`;
    case "number":
      return `a number${range(schema)}`;
    case "boolean":
      return "true or false";
    case "string":
      return `a text${lengthRange(schema)}`;
    case "array":
      return `a list of ${schema.minItems ?? 0} to ${schema.maxItems ?? "any number of"} entries`;
    default:
      return "a mapping of keys to values";
  }
}

function range({ minimum, exclusiveMinimum, maximum }: SchemaNode): string {
  if (exclusiveMinimum !== undefined) {
    return ` above ${exclusiveMinimum}${maximum === undefined ? "" : ` up to ${maximum}`}`;
  }
  if (minimum === undefined) return "";
  return maximum === undefined ? ` of at least ${minimum}` : ` from ${minimum} to ${maximum}`;
}

function lengthRange({ pattern, minLength, maxLength }: SchemaNode): string {
  if (pattern !== undefined) return ` that matches ${pattern}`;
  if (maxLength !== undefined) return ` of ${minLength ?? 0} to ${maxLength} characters`;
  return minLength === undefined ? "" : " that is not empty";
}

function sizeFits({ minItems = 0, maxItems }: SchemaNode, value: readonly unknown[]): boolean {
  return value.length >= minItems && value.length <= (maxItems ?? value.length);
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const shownMax = 80;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > shownMax ? `${text.slice(0, shownMax)}…` : text;
}
