/** Lets pages of other origins read answers (the CORS protocol of the Fetch standard), where they are named. */
import type { FastifyReply, FastifyRequest } from "fastify";

/** How long a browser may keep the answer to a preflight, in seconds. */
const preflightLifeS = 600;

/** Headers of ours that a page may read besides those that every page may. */
const exposedHeaders = "ETag, OpenBourse-Unknown, Retry-After";

/**
 * Names the origin of a request in its answer when it is one of `origins`, or when that has a `*`.
 * Cookies play no part in any protocol here, so none are allowed.
 */
export function allowOrigin(
  origins: readonly string[],
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const { origin } = request.headers;
  const all = origins.includes("*");
  // Shared caches must not hand one origin's answer to another one.
  if (!all) reply.header("vary", "Origin");
  if (origin === undefined || !(all || origins.includes(origin))) return;
  reply.header("access-control-allow-origin", all ? "*" : origin);
  if (request.method !== "OPTIONS") {
    reply.header("access-control-expose-headers", exposedHeaders);
    return;
  }
  const headers = request.headers["access-control-request-headers"];
  if (headers !== undefined) reply.header("access-control-allow-headers", headers);
  reply.header("access-control-max-age", preflightLifeS);
}
