/**
 * Serves the description of the REST interface: the OpenAPI document for programs, and a page for
 * people to read and try it. Everything comes from this server; nothing is asked of another host.
 */
import { createHash } from "node:crypto";
import type { OutgoingHttpHeaders } from "node:http";
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
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

/** Adds the page and the document. Both are served from memory, whoever asks how often. */
export function addDocs(app: FastifyInstance, document: OpenApiDocument): void {
  const text = JSON.stringify(document);
  app.get(documentPath, (_request, reply) =>
    reply.type("application/json; charset=utf-8").send(text),
  );
  let files: Promise<ReadonlyMap<string, File>> | undefined;
  const serve = async (request: FastifyRequest, reply: FastifyReply) => {
    files ??= makeFiles(document);
    const file = (await files).get(request.url.split("?", 1)[0] ?? "");
    return file === undefined ? reply.callNotFound() : sendFile(file, request, reply);
  };
  app.get(docsPath, serve);
  app.get(`${docsPath}/*`, serve);
}

/** A file as it is sent. */
interface File {
  readonly headers: Readonly<Record<string, string>>;
  readonly etag: string;
  readonly body: Buffer;
}

function sendFile(file: File, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.headers(file.headers);
  if (request.headers["if-none-match"] === file.etag) return reply.code(304).send();
  return reply.send(file.body);
}

/** Asks the vendor's pages once for everything that a browser will ask for. */
async function makeFiles(document: OpenApiDocument): Promise<ReadonlyMap<string, File>> {
  const vendor = Fastify({ routerOptions: { ignoreTrailingSlash: true } });
  addVendorPages(vendor, document);
  const files = new Map<string, File>();
  const add = async (path: string) => {
    const { headers, rawPayload } = await vendor.inject(path);
    const etag = `"${createHash("sha256").update(rawPayload).digest("base64url")}"`;
    files.set(path, { headers: kept(headers, etag), etag, body: rawPayload });
    return rawPayload.toString();
  };
  try {
    // With a slash at its end the page names its files by other addresses.
    for (const path of [docsPath, `${docsPath}/`]) {
      for (const [, address = ""] of (await add(path)).matchAll(/(?:src|href)="([^"]*)"/g)) {
        const { pathname } = new URL(address, `http://openbourse.invalid${path}`);
        if (!files.has(pathname)) await add(pathname);
      }
    }
  } finally {
    await vendor.close();
  }
  return files;
}

function kept(headers: OutgoingHttpHeaders, etag: string): Readonly<Record<string, string>> {
  return {
    "content-type": String(headers["content-type"]),
    "content-security-policy": contentSecurityPolicy,
    "x-content-type-options": "nosniff",
    "cache-control": "no-cache",
    etag,
  };
}

function addVendorPages(app: FastifyInstance, document: OpenApiDocument): void {
  // Of a JSON value the vendor's type asks for less than of a document.
  const specification = { document: JSON.parse(JSON.stringify(document)) };
  app.register(swagger, { mode: "static", specification });
  app.register(swaggerUi, {
    routePrefix: docsPath,
    theme: { title: document.info.title },
    uiConfig: { docExpansion: "list", tryItOutEnabled: true, validatorUrl: null },
  });
}
