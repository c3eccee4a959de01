/** Addresses of streams, and what close codes mean to who was closed. */

/** What a close code means for who was closed. */
export type ClosingMeaning = "again" | "going-away" | "final";

/**
 * Who is closed for a message that it would send again, or for what `banned` says, does not come back by itself;
 * everybody else does.
 */
export function closingMeaning(
  { code, reason }: { readonly code: number; readonly reason: string },
  banned: RegExp,
): ClosingMeaning {
  if (code === 1001 && reason.includes("shutting down")) return "going-away";
  const isOwnFault = code === 1003 || code === 1007 || code === 1009;
  return isOwnFault || (code === 1008 && banned.test(reason)) ? "final" : "again";
}

/** The address of a stream: the server's with the path of the protocol, where it has none of its own. */
export function socketUrl(url: string, path: string): string {
  const address = url.replace(/^http/, "ws").replace(/\/$/, "");
  return /^\w+:\/\/[^/]+$/.test(address) ? address + path : address;
}

/** The address of REST beside a stream: the same host, without a path. */
export function httpUrl(url: string): string {
  return url.replace(/^ws/, "http").replace(/^(\w+:\/\/[^/?]+).*$/, "$1");
}
