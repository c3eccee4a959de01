/** Short-lived passes of visitors without credentials, one for each connection, where the operator gives them. */
import { ClientError } from "@openbourse/client";
import { askServer, isGood } from "./ask-server.ts";

/** Where they are asked for. */
const passPath = "/terminal/pass";

/**
 * A one-time token (`cryptomus`) or a short-lived API key (`finazon`) for public market data. What it rejects with decides
 * whether the connection tries again.
 */
export async function anonymousPass(protocol: "cryptomus" | "finazon"): Promise<string> {
  const url = `${passPath}?protocol=${protocol}`;
  const answer = await askServer(url, "POST");
  if (answer === undefined)
    throw new ClientError({ kind: "network", message: "the server does not answer" });
  const body = bodyOf(answer.text);
  if (isGood(answer) && typeof body.pass === "string") return body.pass;
  const message = body.message ?? `the server refuses with ${answer.status}`;
  const { status, retryAfterMs } = answer;
  if (status === 429) throw new ClientError({ kind: "rate-limited", message, retryAfterMs });
  const isFinal = status === 401 || status === 403 || status === 404;
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
