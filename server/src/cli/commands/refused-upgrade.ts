/** Why a server refused a WebSocket, in its own words. */
import type { IncomingMessage } from "node:http";

/** Most of a refusal's body that is read, in bytes. */
const bodyBytesMax = 4_096;

/** Longest text of a body that is not one of ours. */
const textLengthMax = 200;

/** Reads the answer to an upgrade that was refused, and says what it says. */
export async function refusalText(response: IncomingMessage): Promise<string> {
  const { statusCode, statusMessage = "" } = response;
  const status = `HTTP ${statusCode} ${statusMessage}`.trim();
  const said = saying(await beginning(response));
  return said === "" ? status : `${status}: ${said}`;
}

async function beginning(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes >= bodyBytesMax) break;
    }
  } catch {
    // What has come until it broke off is all there is.
  }
  return Buffer.concat(chunks).subarray(0, bodyBytesMax).toString("utf8");
}

/** The message of an error object, else the text itself in one line. */
function saying(body: string): string {
  try {
    const value: unknown = JSON.parse(body);
    const message = messageOf(value);
    if (message !== undefined) return message;
  } catch {
    // Not JSON: a proxy's page, or nothing.
  }
  return body.replace(/\s+/g, " ").trim().slice(0, textLengthMax);
}

/** `{"message": …}`, `{"error": "…"}` or `{"error": {"message": …}}`. */
function messageOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return undefined;
  const { message, error } = value as { readonly message?: unknown; readonly error?: unknown };
  return typeof message === "string" ? message : messageOf(error);
}
