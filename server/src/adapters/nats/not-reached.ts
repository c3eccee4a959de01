/** Why no NATS server lets a process in, in words that say what would be right. No secret is among them. */
import { AuthorizationError, TimeoutError } from "@nats-io/transport-node";
import { wordsOf } from "./words.ts";

/** How it was tried. */
export interface Tried {
  readonly servers: readonly string[];
  readonly credentials?: { readonly kind: "password" | "token" | "file" } | undefined;
  readonly tls?: object | undefined;
}

/** What is heard of whatever listens there and is no NATS server. */
const notNats: readonly string[] = ["unexpected response from server", "timeout"];

/** One sentence. */
export function whyNotReached(error: unknown, options: Tried): string {
  const words = wordsOf(error);
  const at = `no NATS server lets this process in at ${options.servers.join(", ")} (${words})`;
  return `${at}: ${remedy(error, words, options)}`;
}

function remedy(error: unknown, words: string, { credentials, tls }: Tried): string {
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof AuthorizationError) return accessRemedy(credentials?.kind);
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return "no machine is known by that name: correct cluster.servers";
  }
  if (words === "connection refused") {
    return "nothing listens there: start one with JetStream, or correct cluster.servers";
  }
  if (words === "Invalid URL") return "cluster.servers needs HOST:PORT of each";
  if (words.includes("does not support 'tls'")) return "it is not encrypted: leave cluster.tls out";
  if (words.includes("parse credentials") || words.startsWith("nkeys:")) {
    return "cluster.credentialsFile has to be a file as nsc writes it, with a user's JWT and the seed of its nkey";
  }
  if (error instanceof TimeoutError || notNats.includes(words)) {
    const orTls = tls === undefined ? "" : ", or it does not take the certificate of cluster.tls";
    return `what listens there is no NATS server, or it hangs${orTls}: cluster.servers needs the port for clients, 4222 where nothing else is configured, and neither that of monitoring nor that of routes`;
  }
  return "correct cluster.servers, the credentials or cluster.tls";
}

function accessRemedy(kind: "password" | "token" | "file" | undefined): string {
  switch (kind) {
    case "password":
      return "correct cluster.user and cluster.password";
    case "token":
      return "correct cluster.token";
    case "file":
      return "they do not know the user of cluster.credentialsFile, or no longer";
    case undefined:
      return "they ask who comes: give cluster.user and cluster.password, cluster.token or cluster.credentialsFile";
  }
}
