/** The ways to connect that a visitor of this page has, and what each of them takes. */
import {
  ClientError,
  CryptomusRest,
  type CryptomusUser,
  hmacSigner,
  md5Signer,
} from "@openbourse/client";
import type { Offer } from "../session/offer.ts";
import { anonymousPass } from "../session/pass.ts";
import { type Account, serverUrl } from "../session/session.ts";
import type { ConsoleProtocol } from "./document.ts";
import type { SnippetAccess } from "./scene.ts";

/** What somebody has typed in; it stays in memory. */
export interface OwnCredentials {
  readonly userId: string;
  readonly key: string;
}

/** A way to connect. */
export interface Way {
  readonly id: string;
  readonly title: string;
  /** Whether it takes a user's id and key (`user`), a key or a token (`key`), or nothing that is typed in. */
  readonly takes?: "user" | "key";
  /** What opens the connection; undefined where nothing has to. */
  pass(own: OwnCredentials): Promise<string | undefined>;
  /** The same for a program; with secrets only if they are asked for. */
  snippet(own: OwnCredentials, withSecrets: boolean): SnippetAccess;
}

/** All of them, the best first. */
export function waysOf(
  protocol: ConsoleProtocol,
  offer: Offer | undefined,
  account: Account | undefined,
): readonly Way[] {
  if (protocol.parameter === undefined) return [open];
  const { name } = protocol;
  const isExchange = name === "cryptomus";
  const canVisit = offer?.anonymous.includes(name) === true;
  return [
    ...(isExchange && account !== undefined ? [ofAccount(account)] : []),
    ...(canVisit && (isExchange || name === "finazon") ? [visitor(name)] : []),
    ...(isExchange ? (offer?.demoUsers ?? []).map(ofDemoUser) : []),
    ...(isExchange ? [ownUser] : []),
    ownKey(protocol.parameter),
  ];
}

const open: Way = {
  id: "open",
  title: "Without a key",
  pass: () => Promise.resolve(undefined),
  snippet: () => ({ is: "nobody" }),
};

function visitor(name: "cryptomus" | "finazon"): Way {
  return {
    id: "visitor",
    title: "As a visitor: public data",
    pass: () => anonymousPass(name),
    snippet: () => ({ is: "visitor" }),
  };
}

function ofAccount({ rest, user }: Account): Way {
  return {
    id: "account",
    title: "As who is signed in",
    pass: () => rest.token(),
    snippet: (_own, withSecrets) => ({ is: "user", secrets: withSecrets ? user : undefined }),
  };
}

function ofDemoUser(user: CryptomusUser, index: number): Way {
  return {
    id: `demo-${index}`,
    title: `As demo user ${index + 1}`,
    pass: () => tokenOf(user),
    snippet: (_own, withSecrets) => ({
      is: "user",
      secrets: withSecrets ? { userId: user.userId, apiKey: user.apiKey } : undefined,
    }),
  };
}

const ownUser: Way = {
  id: "user",
  title: "With a user's id and API key",
  takes: "user",
  pass: ({ userId, key }) => tokenOf({ userId, apiKey: key }),
  snippet: ({ userId, key }, withSecrets) => ({
    is: "user",
    secrets: withSecrets ? { userId, apiKey: key } : undefined,
  }),
};

function ownKey(parameter: string): Way {
  return {
    id: "key",
    title: parameter === "token" ? "With a token" : "With an API key",
    takes: "key",
    pass: ({ key }) =>
      key === ""
        ? Promise.reject(missing(`Type in what ${parameter} is to be.`))
        : Promise.resolve(key),
    snippet: ({ key }, withSecrets) => ({ is: "key", key: withSecrets ? key : undefined }),
  };
}

/** Asks for a one-time token. Browsers hash with SHA-256 on https and on localhost only. */
async function tokenOf(user: CryptomusUser): Promise<string> {
  if (user.userId === "" || user.apiKey === "") throw missing("Type in the user's id and API key.");
  const signer = isSecureContext ? hmacSigner(user) : md5Signer(user);
  return await new CryptomusRest({ url: serverUrl, signer }).token();
}

function missing(message: string): ClientError {
  return new ClientError({ kind: "misuse", message });
}
