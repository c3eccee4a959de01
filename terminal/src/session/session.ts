/**
 * Who is looking, at which server, over which connections. Credentials are held in memory and nowhere else: whoever reloads
 * the page signs in again. Everything that talks to the server takes its connection from here.
 */
import {
  CryptomusRest,
  CryptomusStream,
  type CryptomusUser,
  hmacSigner,
  md5Signer,
  type Patience,
} from "@openbourse/client";
import { batch, computed, type ReadonlySignal, signal } from "@preact/signals";
import { askForOffer, type Offer } from "./offer.ts";
import { anonymousPass } from "./pass.ts";
import { after } from "./timers.ts";

/** Public market data of the exchange. */
export interface MarketLink {
  readonly rest: CryptomusRest;
  readonly stream: CryptomusStream;
}

/** Somebody who is signed in. Their stream carries their own orders, fills and balances. */
export interface Account extends MarketLink {
  readonly userId: string;
  /** What requests are signed with; shown nowhere. */
  readonly user: CryptomusUser;
}

/** People look on: silence is noticed sooner than programs would notice it. In milliseconds. */
const patience: Partial<Patience> = { heartbeatMs: 5_000, staleMs: 8_000, deadMs: 20_000 };
/** How the connections of this page behave. */
export const behaviour = { patience, platform: { after } } as const;

/** Until a server that does not answer is asked again, in milliseconds. */
const askAgainMs = 2_000;
const askAgainMsMax = 30_000;

const offered = signal<Offer | undefined>(undefined);
const trouble = signal<OfferTrouble | undefined>(undefined);
const publicLink = signal<MarketLink | undefined>(undefined);
const signedIn = signal<Account | undefined>(undefined);

/** Why it is not known what the server offers, and when it is asked again. */
export interface OfferTrouble {
  readonly message: string;
  readonly retryAtMs: number;
}

/** What the server offers; undefined until it has said so. */
export const offer: ReadonlySignal<Offer | undefined> = offered;
/** Set while the server cannot say what it offers. */
export const offerTrouble: ReadonlySignal<OfferTrouble | undefined> = trouble;
/** Who is signed in. */
export const account: ReadonlySignal<Account | undefined> = signedIn;
/**
 * The connection for public market data: that of strangers where they are served, else that of who is signed in; undefined
 * while there is neither.
 */
export const markets: ReadonlySignal<MarketLink | undefined> = computed(
  () => publicLink.value ?? signedIn.value,
);
/** Whether there are markets to trade on, and users who sign in; taken to be so until the server has told. */
export const hasExchange: ReadonlySignal<boolean> = computed(
  () => offered.value?.protocols.includes("cryptomus") !== false,
);
/** Whether public market data waits for somebody to sign in. */
export const needsSignIn: ReadonlySignal<boolean> = computed(
  () => offered.value !== undefined && hasExchange.value && markets.value === undefined,
);

/** Address of this server. */
export const serverUrl: string = location.origin;

const begun = Promise.withResolvers<void>();
/** Resolves when the first connection has been asked for, or there is none to ask for. */
export const connectionBegun: Promise<void> = begun.promise;

/** Asks what the server offers, until it answers, and connects strangers where they are served. Called once. */
export async function startSession(waitMs = askAgainMs): Promise<void> {
  try {
    takeOffer(await askForOffer());
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    trouble.value = { message, retryAtMs: Date.now() + waitMs };
    begun.resolve();
    setTimeout(() => void startSession(Math.min(waitMs * 2, askAgainMsMax)), waitMs);
  }
}

/** Asks again, as after a reconnection to a server that may be another one. */
export async function refreshOffer(): Promise<void> {
  const next = await askForOffer().catch(() => undefined);
  if (next !== undefined) offered.value = next;
}

function takeOffer(next: Offer): void {
  batch(() => {
    trouble.value = undefined;
    offered.value = next;
    if (publicLink.value === undefined && next.anonymous.includes("cryptomus")) {
      publicLink.value = {
        rest: new CryptomusRest({ url: serverUrl }),
        stream: new CryptomusStream({
          url: serverUrl,
          positions: true,
          ...behaviour,
          token: () => anonymousPass("cryptomus").finally(begun.resolve),
        }),
      };
    }
  });
  if (publicLink.peek() === undefined) begun.resolve();
}

/** Signs in, once the server has taken the credentials. Rejects with its refusal. */
export async function signIn(user: CryptomusUser): Promise<Account> {
  // Browsers hash with SHA-256 on https and on localhost only.
  const signer = isSecureContext ? hmacSigner(user) : md5Signer(user);
  const rest = new CryptomusRest({ url: serverUrl, signer });
  // The first token is the proof: nobody is shown as signed in whom the server does not know.
  let first: string | undefined = await rest.token();
  const token = async () => {
    const unused = first;
    first = undefined;
    return unused ?? (await rest.token());
  };
  signOut();
  const stream = new CryptomusStream({ url: serverUrl, token, positions: true, ...behaviour });
  const made = { userId: user.userId, user, rest, stream };
  signedIn.value = made;
  return made;
}

/** Forgets the credentials and ends their connection. */
export function signOut(): void {
  const left = signedIn.value;
  signedIn.value = undefined;
  left?.stream.close();
}
