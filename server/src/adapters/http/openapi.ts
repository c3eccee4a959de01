/**
 * Describes REST routes as an OpenAPI 3.1 document. It is made of what the routes say about
 * themselves, so it cannot tell anything else than they do.
 */
import type { RestRoute, SecurityScheme } from "../../ports/rest.ts";

/** What the document says about the whole interface. */
export interface ApiDescription {
  readonly title: string;
  readonly version: string;
  readonly description: string;
}

/** An OpenAPI document, as far as anybody here looks into it. */
export interface OpenApiDocument {
  readonly openapi: "3.1.0";
  readonly info: ApiDescription;
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>;
  readonly components: object;
}

/** An operation, with what the adapter's own routes have besides JSON. */
export type DescribedRoute = Omit<RestRoute, "handle"> & {
  /** Media type of a successful reply. Default: `application/json`. */
  readonly replyType?: string;
};

/** Writes the document. */
export function openApiDocument(
  routes: readonly DescribedRoute[],
  info: ApiDescription,
): OpenApiDocument {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = route.path.replace(partPattern, "{$1}");
    paths[path] ??= {};
    paths[path][route.method.toLowerCase()] = operation(route);
  }
  const tags = [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name }));
  const securitySchemes = schemesOf(routes);
  return { openapi: "3.1.0", info, tags, paths, components: { securitySchemes } };
}

/** Every scheme that a route names, once. */
function schemesOf(routes: readonly DescribedRoute[]): Readonly<Record<string, SecurityScheme>> {
  return Object.assign({}, ...routes.flatMap(({ security }) => security));
}

/** A `:name` part of a route's path. */
const partPattern = /:(\w+)/g;

function operation(route: DescribedRoute): object {
  const { replyType = "application/json", replySchema = {} } = route;
  const body = route.bodySchema;
  return {
    operationId: operationId(route),
    summary: route.summary,
    tags: [route.tag],
    security: route.security.map(namesOf),
    parameters: [...pathParameters(route), ...queryParameters(route)],
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { "application/json": { schema: body } } } }),
    responses: {
      "200": { description: "Success.", content: { [replyType]: { schema: replySchema } } },
      default: { description: "Refused or failed; the body says why." },
    },
  };
}

/** One alternative as the operations refer to it. */
function namesOf(schemes: Readonly<Record<string, SecurityScheme>>): object {
  return Object.fromEntries(Object.keys(schemes).map((name) => [name, []]));
}

/** `get_v1_exchange_market_trades_pair` */
function operationId({ method, path }: DescribedRoute): string {
  return [method.toLowerCase(), ...path.split(/\W+/).filter((part) => part !== "")].join("_");
}

/** The schema of one parameter; whatever else it says is handed on as it is. */
interface FieldSchema {
  readonly type?: string;
  readonly description?: string;
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly required?: readonly string[];
}

function pathParameters({ path, paramsSchema }: DescribedRoute): readonly object[] {
  const { properties = {} } = (paramsSchema ?? {}) as ObjectSchema;
  return [...path.matchAll(partPattern)].map(([, name = ""]) =>
    parameter(name, "path", { schema: properties[name] ?? { type: "string" }, required: true }),
  );
}

function queryParameters({ querySchema }: DescribedRoute): readonly object[] {
  const { properties = {}, required = [] } = (querySchema ?? {}) as ObjectSchema;
  return Object.entries(properties).map(([name, schema]) =>
    parameter(name, "query", { schema, required: required.includes(name) }),
  );
}

function parameter(
  name: string,
  place: "path" | "query",
  { schema, required }: { schema: FieldSchema; required: boolean },
): object {
  const { description } = schema;
  return {
    name,
    in: place,
    required,
    schema,
    ...(description === undefined ? {} : { description }),
  };
}
