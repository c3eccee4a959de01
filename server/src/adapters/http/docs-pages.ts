/**
 * Serves the description of the REST interface: the OpenAPI document for programs, and a page for
 * people to read and try it. Everything comes from this server; nothing is asked of another host.
 */
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import type { OpenApiDocument } from "./openapi.ts";

/** Where the page is. */
export const docsPath = "/docs";

/** Where the document is. */
export const documentPath = "/docs/openapi.json";

/** Own scripts and requests only; the page puts styles into its own markup. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Adds the page and the document. */
export function addDocs(app: FastifyInstance, document: OpenApiDocument): void {
  const text = JSON.stringify(document);
  // Whoever opens the printed address in a browser wants to know what is there.
  app.get("/", (_request, reply) => reply.redirect(docsPath));
  app.get(documentPath, (_request, reply) =>
    reply.type("application/json; charset=utf-8").send(text),
  );
  app.register(swagger, { mode: "static", specification: { document: JSON.parse(text) } });
  app.register(swaggerUi, {
    routePrefix: docsPath,
    staticCSP: contentSecurityPolicy,
    theme: { title: document.info.title },
    uiConfig: { docExpansion: "list", tryItOutEnabled: true, validatorUrl: null },
  });
}
