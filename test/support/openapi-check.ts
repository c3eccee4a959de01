/**
 * What is wrong with an OpenAPI 3.1 document, a line each. It knows the parts of the specification that
 * our documents use: whatever else stands in one is reported, so that nothing goes unread.
 */

type Json = Readonly<Record<string, unknown>>;

const methods = new Set(["get", "post", "delete"]);
const types = new Set(["string", "number", "integer", "boolean", "object", "array", "null"]);

/** Keywords of JSON Schema 2020-12 that our schemas may use, and what each of them has to be. */
const keywords: Readonly<Record<string, (value: unknown) => boolean>> = {
  type: (value) => [value].flat().every((type) => types.has(String(type))),
  format: isText,
  pattern: (value) => isText(value) && RegExp(value as string, "u") !== undefined,
  description: isText,
  title: isText,
  minimum: isNumber,
  maximum: isNumber,
  exclusiveMinimum: isNumber,
  minLength: isCount,
  maxLength: isCount,
  minItems: isCount,
  maxItems: isCount,
  enum: (value) => Array.isArray(value) && value.length > 0 && new Set(value).size === value.length,
  const: () => true,
  default: () => true,
  examples: Array.isArray,
  required: (value) => Array.isArray(value) && value.every(isText),
  properties: isObject,
  patternProperties: isObject,
  additionalProperties: (value) => typeof value === "boolean" || isObject(value),
  items: (value) => typeof value === "boolean" || isObject(value),
  prefixItems: Array.isArray,
  additionalItems: (value) => typeof value === "boolean",
  not: isObject,
  anyOf: (value) => Array.isArray(value) && value.length > 0,
  oneOf: (value) => Array.isArray(value) && value.length > 0,
};

/** Everything that is wrong. */
export function findOpenApiFaults(document: Json): readonly string[] {
  const faults: string[] = [];
  const must = (isRight: boolean, fault: string) => {
    if (!isRight) faults.push(fault);
  };
  must(/^3\.1\.\d+$/.test(String(document["openapi"])), "openapi is no 3.1 version");
  const info = asObject(document["info"]);
  must(isText(info["title"]) && isText(info["version"]), "info has no title or no version");
  const tags = asList(document["tags"]).map((tag) => tag["name"]);
  const schemes = Object.keys(asObject(asObject(document["components"])["securitySchemes"]));
  const ids = new Set<unknown>();
  for (const [path, item] of Object.entries(asObject(document["paths"]))) {
    must(/^\/[^?#:]*$/.test(path), `${path} is no path`);
    for (const [method, value] of Object.entries(asObject(item))) {
      const place = `${method} ${path}`;
      must(methods.has(method), `${place}: no method`);
      const operation = asObject(value);
      must(!ids.has(operation["operationId"]), `${place}: operationId is not its own`);
      ids.add(operation["operationId"]);
      for (const tag of asTexts(operation["tags"]))
        must(tags.includes(tag), `${place}: tag ${tag}`);
      for (const name of asList(operation["security"]).flatMap(Object.keys)) {
        must(schemes.includes(name), `${place}: security ${name}`);
      }
      faults.push(...operationFaults(path, operation).map((fault) => `${place}: ${fault}`));
    }
  }
  return faults;
}

function operationFaults(path: string, operation: Json): readonly string[] {
  const { summary, requestBody } = operation;
  return [
    ...(isText(summary) ? [] : ["no summary"]),
    ...parametersFaults(path, asList(operation["parameters"])),
    ...(requestBody === undefined ? [] : contentFaults(asObject(requestBody), "body")),
    ...responsesFaults(asObject(operation["responses"])),
  ];
}

function parametersFaults(path: string, parameters: readonly Json[]): readonly string[] {
  const faults: string[] = [];
  const names = parameters.map(({ name, in: place }) => `${place} ${name}`);
  if (new Set(names).size < names.length) faults.push("a parameter stands there twice");
  const parts = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => `path ${name}`);
  const pathNames = names.filter((name) => name.startsWith("path "));
  if (parts.toSorted().join() !== pathNames.toSorted().join()) faults.push("parts of the path");
  for (const { name, in: place, required, schema } of parameters) {
    if (place !== "path" && place !== "query") faults.push(`${name} is nowhere`);
    if (place === "path" && required !== true) faults.push(`${name} has to be required`);
    faults.push(...schemaFaults(schema, String(name)));
  }
  return faults;
}

function responsesFaults(responses: Json): readonly string[] {
  const faults = Object.hasOwn(responses, "200") ? [] : ["no success"];
  for (const [status, value] of Object.entries(responses)) {
    const response = asObject(value);
    if (!/^([1-5]\d\d|default)$/.test(status)) faults.push(`status ${status}`);
    if (!isText(response["description"])) faults.push(`${status} has no description`);
    if (status === "200") faults.push(...contentFaults(response, status));
  }
  return faults;
}

function contentFaults({ content }: Json, place: string): readonly string[] {
  const media = Object.entries(asObject(content));
  if (media.length === 0) return [`${place} has no content`];
  return media.flatMap(([type, value]) =>
    /^\w+\/[\w.+-]+/.test(type) ? schemaFaults(asObject(value)["schema"], place) : [`${type}?`],
  );
}

/** What is wrong with a JSON Schema and those in it. */
export function schemaFaults(schema: unknown, place: string): readonly string[] {
  if (typeof schema === "boolean") return [];
  if (!isObject(schema)) return [`${place} is no schema`];
  const fields = schema as Json;
  const faults = Object.entries(fields).flatMap(([name, value]) =>
    Object.hasOwn(keywords, name) && keywords[name]?.(value) === true ? [] : [`${place}: ${name}`],
  );
  const properties = asObject(fields["properties"]);
  for (const name of asTexts(fields["required"])) {
    if (!Object.hasOwn(properties, name)) faults.push(`${place}: ${name} is required and unknown`);
  }
  const inner = [
    ...Object.entries(properties),
    ...["items", "additionalProperties"].flatMap((name) =>
      fields[name] === undefined ? [] : [[name, fields[name]] as const],
    ),
    ...["anyOf", "oneOf", "prefixItems"].flatMap((name) =>
      asList(fields[name]).map((part, index) => [`${name}.${index}`, part] as const),
    ),
  ];
  return [...faults, ...inner.flatMap(([name, part]) => schemaFaults(part, `${place}.${name}`))];
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}

function isNumber(value: unknown): boolean {
  return typeof value === "number";
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function asObject(value: unknown): Json {
  return isObject(value) ? value : {};
}

function asList(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(asObject) : [];
}

function asTexts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
