/** A JSON Schema as a table: one row for each field, however deep it lies. */
import { type Html, html, prose } from "./html.ts";

/** As much of a schema as is shown. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema | readonly Schema[];
  readonly prefixItems?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** Fields that lie deeper are not shown; no schema of ours has any. */
const depthMax = 8;

interface Row {
  readonly name: string;
  readonly isRequired: boolean;
  readonly schema: Schema;
}

/** The table; nothing for a schema that says nothing. */
export function schemaTable(schema: object): Html {
  const rows = fieldsOf(schema as Schema, "", 0);
  if (rows.length === 0) return html`<p>${prose(sentence(schema as Schema))}</p>`;
  return html`<div class="scroll" tabindex="0"><table>
<thead><tr><th>field</th><th>type</th><th>meaning</th></tr></thead>
<tbody>${rows.map(rowHtml)}</tbody></table></div>`;
}

function rowHtml({ name, isRequired, schema }: Row): Html {
  return html`<tr><td><code>${name}</code>${isRequired ? undefined : html` <i>optional</i>`}</td>
<td>${typeName(schema)}</td><td>${prose(sentence(schema))}</td></tr>`;
}

/** Also those of each alternative, since they are told apart by their types alone. */
function fieldsOf(schema: Schema, path: string, depth: number): readonly Row[] {
  if (depth > depthMax) return [];
  const { properties = {}, required = [], items, minItems } = schema;
  const own = Object.entries(properties).flatMap(([field, part]) => {
    const name = path === "" ? field : `${path}.${field}`;
    return [
      { name, isRequired: required.includes(field), schema: part },
      ...fieldsOf(part, name, depth + 1),
    ];
  });
  const places = placesOf(schema).map((part, place) => ({
    ...{ name: `${path}[${place}]`, isRequired: place < (minItems ?? place + 1), schema: part },
  }));
  const ofItems = isOne(items) ? fieldsOf(items, `${path}[]`, depth + 1) : [];
  const others = alternatives(schema).flatMap((part) => fieldsOf(part, path, depth + 1));
  return [...own, ...places, ...ofItems, ...others];
}

function isOne(items: Schema["items"]): items is Schema {
  return items !== undefined && !Array.isArray(items);
}

/** What an array of fixed places has at each of them. */
function placesOf({ items, prefixItems }: Schema): readonly Schema[] {
  return prefixItems ?? (isOne(items) ? [] : (items ?? []));
}

function alternatives({ anyOf = [], oneOf = [] }: Schema): readonly Schema[] {
  return [...anyOf, ...oneOf];
}

function typeName(schema: Schema): string {
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum !== undefined)
    return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const others = alternatives(schema);
  if (others.length > 0) return [...new Set(others.map(typeName))].join(" | ");
  const { type, items, format } = schema;
  if (type === "array") return isOne(items) ? `list of ${typeName(items)}` : "list";
  const name = [type ?? "any"].flat().join(" | ");
  return format === undefined ? name : `${name} (${format})`;
}

/** What it means, and its bounds. */
function sentence(schema: Schema): string {
  const { description, minimum, maximum, maxLength, maxItems } = schema;
  const bounds = [
    ...(minimum === undefined ? [] : [`at least ${minimum}`]),
    ...(maximum === undefined ? [] : [`at most ${maximum}`]),
    ...(maxLength === undefined ? [] : [`at most ${maxLength} characters`]),
    ...(maxItems === undefined ? [] : [`at most ${maxItems} items`]),
    ...(schema.default === undefined ? [] : [`default \`${JSON.stringify(schema.default)}\``]),
  ];
  const bound = bounds.length === 0 ? "" : `${bounds.join(", ")}.`.replace(/^[a-z]/, upper);
  return [description ?? "", bound].filter((part) => part !== "").join(" ");
}

function upper(letter: string): string {
  return letter.toUpperCase();
}
