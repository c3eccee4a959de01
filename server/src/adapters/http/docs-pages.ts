/**
 * Serves the description of all interfaces: documents for programs, and a page for people to read. Everything
 * comes from this server and from memory; nothing is asked of another host.
 */
import { readFileSync } from "node:fs";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AsyncApiDocument } from "./asyncapi.ts";
import { contentSecurityPolicy } from "./content-policy.ts";
import type { Html } from "./docs/html.ts";
import { assetsPath, docsPath, documentPaths, pageHtml } from "./docs/layout.ts";
import { type ProtoFile, restContents, restPart } from "./docs/rest-part.ts";
import { streamContents, streamPart } from "./docs/stream-part.ts";
import { yamlText } from "./docs/yaml.ts";
import type { OpenApiDocument } from "./openapi.ts";
import { fileOf, type PageFile, sendFile as sendPageFile } from "./page-files.ts";

/** What is described. */
export interface DocsOptions {
  readonly rest: OpenApiDocument;
  /** The same object as long as nothing has changed. */
  streams(): AsyncApiDocument;
  /** Files that describe what is served over gRPC. */
  readonly protos: readonly ProtoFile[];
}

/** Files of the pages, beside `src` and beside `dist`. */
const assets = [
  ["docs.css", "text/css; charset=utf-8"],
  ["docs.js", "text/javascript; charset=utf-8"],
  ["icon.svg", "image/svg+xml"],
] as const;

/** Adds the page and the documents. */
export function addDocs(app: FastifyInstance, { rest, streams, protos }: DocsOptions): void {
  const restFile = file(JSON.stringify(rest), "application/json; charset=utf-8");
  app.get(documentPaths.rest, (request, reply) => sendFile(restFile, request, reply));
  const made = remembered(streams, (document) => streamFiles(rest, document, protos));
  const serve = (name: keyof StreamFiles) => async (request: FastifyRequest, reply: FastifyReply) =>
    sendFile((await made())[name], request, reply);
  app.get(documentPaths.streams, serve("json"));
  app.get(documentPaths.streamsYaml, serve("yaml"));
  app.get(docsPath, serve("page"));
  for (const { path, text } of protos) {
    const proto = file(text, "text/plain; charset=utf-8");
    app.get(path, (request, reply) => sendFile(proto, request, reply));
  }
  for (const [name, type] of assets) {
    const address = new URL(`../../../assets/docs/${name}`, import.meta.url);
    const asset = file(readFileSync(address, "utf8"), type);
    app.get(`${assetsPath}/${name}`, (request, reply) => sendFile(asset, request, reply));
  }
}

/** What is made of the streams' document. */
interface StreamFiles {
  readonly json: PageFile;
  readonly yaml: PageFile;
  readonly page: PageFile;
}

/** Makes them in turns of the event loop, so that nobody else waits for the whole. */
async function streamFiles(
  rest: OpenApiDocument,
  document: AsyncApiDocument,
  protos: readonly ProtoFile[],
): Promise<StreamFiles> {
  const main: Html[] = [];
  for (const part of [restPart(rest, protos), streamPart(document)]) {
    for (const piece of part) {
      main.push(piece);
      await nextTurn();
    }
  }
  const contents = [...restContents(rest), ...streamContents(document)];
  await nextTurn();
  const title = `${rest.info.title} ${rest.info.version}: interfaces`;
  const page = pageFile(pageHtml({ title, contents, main }));
  await nextTurn();
  const yaml = file(yamlText(document), "application/yaml; charset=utf-8");
  await nextTurn();
  return { json: file(JSON.stringify(document), "application/json; charset=utf-8"), yaml, page };
}

/** Makes something of a value again when that is another one than the last time. */
function remembered<Value, Made>(value: () => Value, make: (value: Value) => Made): () => Made {
  let last: { readonly value: Value; readonly made: Made } | undefined;
  return () => {
    const now = value();
    if (last?.value !== now) last = { value: now, made: make(now) };
    return last.made;
  };
}

function file(body: string, type: string): PageFile {
  return fileOf(type, Buffer.from(body));
}

/** A page as it is sent. */
export function pageFile(html: string): PageFile {
  return file(html, "text/html; charset=utf-8");
}

/** Sends a file, compressed for who takes it, or says that the browser has it. */
export function sendFile(
  sent: PageFile,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  reply
    .header("content-security-policy", contentSecurityPolicy)
    .header("x-content-type-options", "nosniff")
    .header("referrer-policy", "no-referrer")
    .header("cache-control", "no-cache");
  return sendPageFile(sent, request, reply);
}
