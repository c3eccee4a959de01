/** Short-lived passes of visitors without credentials, one for each connection, where the operator gives them. */
import { ClientError } from "@openbourse/client";
import { askServer } from "./ask-server.ts";

/** Where they are asked for. */
const passPath = "/terminal/pass";

/**
 * A one-time token (`cryptomus`) or a short-lived API key (`finazon`) for public market data. What it rejects with decides
 * whether the connection tries again.
 */
export async function anonymousPass(protocol: "cryptomus" | "finazon"): Promise<string> {
  const url = `${passPath}?protocol=${protocol}`;
  const answer = await askServer(url, { method: "POST" });
  if (answer === undefined)
    throw new ClientError({ kind: "network", message: "the server does not answer" });
  const body = bodyOf(answer.text);
  if (answer.isGood && typeof body.pass === "string") return body.pass;
  const message = body.message ?? `the server refuses with ${answer.status}`;
  if (answer.status === 429) {
    const seconds = Number(answer.headers.get("retry-after") ?? "");
    const retryAfterMs = Number.isFinite(seconds) ? seconds * 1_000 : undefined;
    throw new ClientError({ kind: "rate-limited", message, retryAfterMs });
  }
  const isFinal = answer.status === 401 || answer.status === 403 || answer.status === 404;
  throw new ClientError({ kind: isFinal ? "unauthorized" : "unavailable", message });
}

/** What stands between may answer with anything. */
function bodyOf(text: string): { readonly pass?: string; readonly message?: string } {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
