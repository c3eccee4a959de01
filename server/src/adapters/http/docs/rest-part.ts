/** The REST interface as HTML, written from its OpenAPI document. */
import type { OpenApiDocument } from "../openapi.ts";
import { type Html, html, prose } from "./html.ts";
import { documentPaths } from "./layout.ts";
import { schemaTable } from "./schema-table.ts";

/** A file that describes services of gRPC. */
export interface ProtoFile {
  /** Where it is served. */
  readonly path: string;
  readonly text: string;
}

/** An operation, as far as it is shown. */
interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly security: readonly Readonly<Record<string, unknown>>[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: { readonly "200": { readonly content: Content } };
}

type Content = Readonly<Record<string, { readonly schema: object }>>;

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly required: boolean;
  readonly schema: { readonly default?: unknown; readonly examples?: readonly unknown[] };
}

interface Placed {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

type Schemes = Readonly<
  Record<string, { readonly in: string; readonly name: string; readonly description: string }>
>;

/** Links to the operations, by tag. */
export function restContents(document: OpenApiDocument): readonly Html[] {
  return groups(document).map(
    ([tag, rows]) =>
      html`<details open><summary>${tag}</summary><ul>${rows.map(
        ({ method, path, operation }) =>
          html`<li data-for="${operation.operationId}"><a href="#${operation.operationId}" title="${operation.summary}"><b class="${method}">${method}</b> ${breakable(path)}</a></li>`,
      )}</ul></details>`,
  );
}

/** All operations, by tag: each piece is made when it is asked for. */
export function* restPart(
  document: OpenApiDocument,
  protos: readonly ProtoFile[],
): Generator<Html> {
  const { securitySchemes } = document.components as { readonly securitySchemes: Schemes };
  yield html`<section id="rest"><h1>REST</h1>
<p>${document.info.description} For programs: <a href="${documentPaths.rest}">OpenAPI 3.1</a>${protos.map(
    ({ path }) => html`; the same over gRPC: <a href="${path}">${path.split("/").at(-1)}</a>`,
  )}.</p>`;
  for (const [tag, rows] of groups(document)) {
    yield html`<h2>${tag}</h2>`;
    for (const row of rows) yield operationHtml(row, securitySchemes);
  }
  yield html`</section>`;
}

function groups(document: OpenApiDocument): readonly (readonly [string, readonly Placed[]])[] {
  const all = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...{ method, path, operation: operation as Operation },
    })),
  );
  return document.tags.map(({ name }) => [
    name,
    all.filter(({ operation }) => operation.tags.includes(name)),
  ]);
}

function operationHtml({ method, path, operation }: Placed, schemes: Schemes): Html {
  const { operationId, summary, parameters, requestBody, responses } = operation;
  const body = Object.values(requestBody?.content ?? {})[0]?.schema;
  const [[type, reply] = ["", undefined]] = Object.entries(responses["200"].content);
  const call = JSON.stringify({ method, path, fields: fieldsOf(operation, schemes) });
  return html`<details class="item" id="${operationId}" data-call="${call}">
<summary><b class="${method}">${method}</b> <code>${breakable(path)}</code> <span>${prose(summary)}</span></summary>
${accessHtml(operation.security, schemes)}
${parameters.length === 0 ? undefined : html`<h3>Parameters</h3>${schemaTable(parametersSchema(parameters))}`}
${body === undefined ? undefined : html`<h3>Body</h3>${schemaTable(body)}`}
<h3>Reply</h3>
${type === "application/json" ? undefined : html`<p><code>${type}</code></p>`}
${reply === undefined ? undefined : schemaTable(reply.schema)}
<h3>Call</h3>
<pre class="copy" tabindex="0">${curl({ method, path, operation }, schemes)}</pre>
</details>`;
}

/** What a reader fills in to try an operation. */
interface Field {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly example?: string;
  readonly isSecret?: true;
}

/** Of several ways to say who calls, the first one is tried. */
function fieldsOf(operation: Operation, schemes: Schemes): readonly Field[] {
  const [way = {}] = operation.security;
  const proofs = Object.keys(way)
    .flatMap((name) => schemes[name] ?? [])
    .map(
      (scheme) => ({ name: scheme.name, in: scheme.in, required: true, isSecret: true }) as const,
    );
  const parameters = operation.parameters.map((one) => {
    const { name, required, schema } = one;
    const example = schema.examples?.[0] ?? (required ? schema.default : undefined);
    return {
      name,
      in: one.in,
      required,
      ...(example === undefined ? {} : { example: String(example) }),
    };
  });
  const body =
    operation.requestBody === undefined ? [] : [{ name: "body", in: "body", required: true }];
  return [...parameters, ...proofs, ...body];
}

/** Long paths break after their slashes. */
function breakable(path: string): readonly Html[] {
  return path.split(/(?<=\/)/).map((part) => html`${part}<wbr>`);
}

function accessHtml(security: Operation["security"], schemes: Schemes): Html {
  if (security.length === 0) return html`<p class="access">Open to everybody.</p>`;
  const ways = security.map(
    (way) =>
      html`<ul>${Object.keys(way).map((name) => {
        const scheme = schemes[name];
        return html`<li><code>${scheme?.name ?? name}</code> (${scheme?.in}): ${prose(scheme?.description ?? "")}</li>`;
      })}</ul>`,
  );
  return html`<div class="access"><p>${ways.length > 1 ? "Needs either of" : "Needs"}</p>${ways}</div>`;
}

/** Parameters as the fields of one schema, so that they are shown alike. */
function parametersSchema(parameters: readonly Parameter[]): object {
  return {
    type: "object",
    required: parameters.filter(({ required }) => required).map(({ name }) => name),
    properties: Object.fromEntries(parameters.map(({ name, schema }) => [name, schema])),
  };
}

/** A call to be pasted into a terminal. What only the reader knows stands in capitals. */
function curl({ method, path, operation }: Placed, schemes: Schemes): string {
  const [way = {}] = operation.security;
  const proofs = Object.keys(way).flatMap((name) => schemes[name] ?? []);
  const inQuery = proofs.filter((proof) => proof.in === "query");
  const needed = operation.parameters.filter((one) => one.in === "query" && one.required);
  const query = [
    ...needed.map((one) => `${one.name}=${exampleOf(one)}`),
    ...inQuery.map(({ name }) => `${name}=${name.toUpperCase()}`),
  ].join("&");
  const headers = proofs
    .filter((proof) => proof.in === "header")
    .map(({ name }) => ` -H '${name}: ${name.toUpperCase()}'`);
  const filled = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
    const part = operation.parameters.find((one) => one.in === "path" && one.name === name);
    return part === undefined ? name.toUpperCase() : exampleOf(part);
  });
  const verb = method === "get" ? "" : ` -X ${method.toUpperCase()}`;
  const body = operation.requestBody === undefined ? "" : " -d 'BODY'";
  const address = `SERVER${filled}${query === "" ? "" : `?${query}`}`;
  return `curl -sg${verb}${headers.join("")}${body} '${address}'`;
}

function exampleOf({ name, schema }: Parameter): string {
  const example = schema.examples?.[0] ?? schema.default;
  return example === undefined ? name.toUpperCase() : String(example);
}
