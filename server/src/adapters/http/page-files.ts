/**
 * Serves the built page: its entry at a few paths, its files below `/terminal/`. Everything is read once when the server
 * starts and served from memory, compressed for who takes it; files that carry a hash in their name are kept by browsers for good.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { contentSecurityPolicy } from "./content-policy.ts";

/** Where the page's files are. */
const filesPath = "/terminal/";

/** Most files of a page, and most bytes of all of them. */
const filesMax = 200;
const bytesMax = 16 * 1_024 * 1_024;

const headersOfAll = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
} as const;

const headersOfEntry = {
  ...headersOfAll,
  "content-security-policy": contentSecurityPolicy,
  "x-frame-options": "DENY",
  "cross-origin-opener-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=()",
  "cache-control": "no-cache",
} as const;

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".json": "application/json; charset=utf-8",
};
/** Not worth compressing. */
const compressed: ReadonlySet<string> = new Set([".png"]);

type Coding = "br" | "gzip";

/** A file as it is sent. */
export interface PageFile {
  readonly type: string;
  readonly etag: string;
  readonly body: Buffer;
  /** Made when somebody first takes it. */
  readonly coded: Map<Coding, Promise<Buffer>>;
  readonly isCompressible: boolean;
}

/** The built page, by path below its folder, such as `assets/index-1a2b3c.js`. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/** Reads a built page; undefined where there is none. Throws where the folder holds something else. */
export function readPageFiles(folder: string): PageFiles | undefined {
  const files = new Map<string, PageFile>();
  let bytes = 0;
  for (const path of pathsIn(folder)) {
    const extension = extname(path);
    const type = types[extension];
    if (type === undefined || path.startsWith(".")) continue;
    const body = readFileSync(join(folder, path));
    bytes += body.length;
    if (files.size >= filesMax || bytes > bytesMax) {
      throw new Error(`${folder} holds more than a page: build it again`);
    }
    files.set(path, fileOf(type, body, !compressed.has(extension)));
  }
  return files.has(entryName) ? files : undefined;
}

/** A file of these bytes. */
export function fileOf(type: string, body: Buffer, isCompressible = true): PageFile {
  const etag = `"${createHash("sha256").update(body).digest("base64url")}"`;
  return { type, etag, body, coded: new Map(), isCompressible };
}

const entryName = "index.html";

function pathsIn(folder: string): readonly string[] {
  try {
    const found = readdirSync(folder, { recursive: true, encoding: "utf8" });
    return found.map((path) => path.replaceAll("\\", "/"));
  } catch {
    return [];
  }
}

/** Adds the page at `paths`, and its files. */
export function addPage(app: FastifyInstance, files: PageFiles, paths: readonly string[]): void {
  const entry = files.get(entryName);
  for (const path of paths) {
    app.get(path, (request, reply) => sendEntry(entry, request, reply));
  }
  app.get(`${filesPath}*`, (request, reply) => {
    const name = (request.params as Record<string, string>)["*"] ?? "";
    const file = name === entryName ? undefined : files.get(name);
    if (file === undefined) return reply.callNotFound();
    const isHashed = name.startsWith("assets/");
    reply.headers(headersOfAll);
    reply.header("cache-control", isHashed ? "public, max-age=31536000, immutable" : "no-cache");
    return sendFile(file, request, reply);
  });
}

function sendEntry(entry: PageFile | undefined, request: FastifyRequest, reply: FastifyReply) {
  if (entry === undefined) return reply.callNotFound();
  reply.headers(headersOfEntry);
  return sendFile(entry, request, reply);
}

/** Sends a file, compressed for who takes it, or says that the browser has it. */
export async function sendFile(
  file: PageFile,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  reply.header("etag", file.etag).header("vary", "Accept-Encoding");
  if (request.headers["if-none-match"] === file.etag) return reply.code(304).send();
  reply.header("content-type", file.type);
  const coding = codingOf(file, request.headers["accept-encoding"]);
  if (coding === undefined) return reply.send(file.body);
  let body = file.coded.get(coding);
  if (body === undefined) {
    body = compress(coding, file.body);
    file.coded.set(coding, body);
  }
  return reply.header("content-encoding", coding).send(await body);
}

function codingOf({ isCompressible }: PageFile, accepted = ""): Coding | undefined {
  if (!isCompressible) return undefined;
  const takes = (coding: Coding) =>
    new RegExp(`(?:^|,)\\s*${coding}\\s*(?:;\\s*q=(?!0(?:\\.0*)?\\s*(?:,|$))|,|$)`).test(accepted);
  return (["br", "gzip"] as const).find(takes);
}

/**
 * In a thread of its own, once for each file, while the first who takes it waits: quality 9 makes the page smaller by one part
 * in two hundred, and takes seven times as long.
 */
function compress(coding: Coding, body: Buffer): Promise<Buffer> {
  if (coding === "gzip") return promisify(gzip)(body);
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = constants;
  const params = { [BROTLI_PARAM_QUALITY]: 6, [BROTLI_PARAM_SIZE_HINT]: body.length };
  return promisify(brotliCompress)(body, { params });
}
