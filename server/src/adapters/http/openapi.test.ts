import { describe, expect, it } from "vitest";
import type { RestRoute } from "../../ports/rest.ts";
import { openApiDocument } from "./openapi.ts";
import { operatorRoutes } from "./operator-routes.ts";

const info = { title: "venue", version: "1.2.3", description: "What it is." };

const route = (changes: Partial<RestRoute> = {}): RestRoute => ({
  method: "GET",
  path: "/v1/things",
  summary: "All things.",
  tag: "Things",
  security: [],
  handle: () => ({ status: 200, body: "{}" }),
  ...changes,
});

const schema = { type: "object", properties: { a: { type: "string" } } };

describe("the OpenAPI document", () => {
  it("says what each route says about itself, and nothing about how it is done", () => {
    const { paths, openapi, info: head, tags } = openApiDocument([route()], info);
    expect(openapi).toBe("3.1.0");
    expect(head).toEqual(info);
    expect(tags).toEqual([{ name: "Things" }]);
    expect(paths).toEqual({
      "/v1/things": {
        get: {
          operationId: "get_v1_things",
          summary: "All things.",
          tags: ["Things"],
          security: [],
          parameters: [],
          responses: {
            "200": { description: "Success.", content: { "application/json": { schema: {} } } },
            default: { description: "Refused or failed; the body says why." },
          },
        },
      },
    });
  });

  it("names path parts, with their schemas where there are any", () => {
    const paramsSchema = { type: "object", properties: { id: { type: "string", maxLength: 5 } } };
    const { paths } = openApiDocument(
      [route({ path: "/:version/things/:id", paramsSchema })],
      info,
    );
    expect(paths["/{version}/things/{id}"]?.["get"]).toMatchObject({
      operationId: "get_version_things_id",
      parameters: [
        { name: "version", in: "path", required: true, schema: { type: "string" } },
        { name: "id", in: "path", required: true, schema: { type: "string", maxLength: 5 } },
      ],
    });
  });

  it("lists query parameters with what is said about them", () => {
    const querySchema = {
      type: "object",
      required: ["symbol"],
      properties: { symbol: { type: "string", description: "Which." }, limit: { type: "integer" } },
    };
    const { paths } = openApiDocument([route({ querySchema })], info);
    expect(paths["/v1/things"]?.["get"]).toMatchObject({
      parameters: [
        { name: "symbol", in: "query", required: true, description: "Which." },
        { name: "limit", in: "query", required: false, schema: { type: "integer" } },
      ],
    });
  });

  it("has the body and the reply, and both methods of a path", () => {
    const routes = [route({ replySchema: schema }), route({ method: "POST", bodySchema: schema })];
    const { paths } = openApiDocument(routes, info);
    expect(paths["/v1/things"]).toMatchObject({
      get: { responses: { "200": { content: { "application/json": { schema } } } } },
      post: { requestBody: { required: true, content: { "application/json": { schema } } } },
    });
  });

  it("names only ways of proving who one is that it describes", () => {
    const scheme = (name: string) =>
      ({ type: "apiKey", in: "header", name, description: "" }) as const;
    const securities = [
      [],
      [{ apikey: scheme("key") }],
      [
        { userId: scheme("userId"), sign: scheme("sign") },
        {
          userId: scheme("userId"),
          timestamp: scheme("timestamp"),
          signature: scheme("signature"),
        },
      ],
    ];
    const routes = securities.map((security, index) => route({ security, path: `/${index}` }));
    const { paths, components } = openApiDocument(routes, info);
    const { securitySchemes } = components as { securitySchemes: object };
    for (const path of Object.values(paths)) {
      const { security } = path["get"] as { security: readonly object[] };
      for (const name of security.flatMap(Object.keys))
        expect(securitySchemes).toHaveProperty(name);
    }
    expect(securitySchemes).toMatchObject({ apikey: scheme("key") });
    expect(paths["/2"]?.["get"]).toMatchObject({
      security: [
        { userId: [], sign: [] },
        { userId: [], timestamp: [], signature: [] },
      ],
    });
  });

  it("describes what operators ask for, figures as plain text", () => {
    const { paths } = openApiDocument(operatorRoutes, info);
    expect(Object.keys(paths)).toEqual(["/healthz", "/readyz", "/metrics"]);
    expect(paths["/metrics"]?.["get"]).toMatchObject({
      responses: { "200": { content: { "text/plain": {} } } },
    });
  });
});
