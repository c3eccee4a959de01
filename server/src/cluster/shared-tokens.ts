/**
 * One-time tokens of all gateways together: issued at one, claimed once at any. A token is gone for all as
 * soon as one has set it aside, so that a gateway that ends meanwhile takes it with it. Only hashes are kept.
 */
import { tokenLifeMs, tokensMax, tokensPerUserMax } from "../access/one-time-tokens.ts";
import type { Secrets } from "../ports/secrets.ts";
import { isUnreachable, type SharedBucket } from "../ports/shared-bucket.ts";
import type {
  ClaimedToken,
  IssuedToken,
  StreamTokens,
  TokenFault,
} from "../ports/stream-tokens.ts";
import { bytesOf, fieldsOf } from "./record-fields.ts";

/** Random bytes of a token, which is written as 64 hex digits. */
const tokenBytes = 32;
const tokenPattern = /^[0-9a-f]{64}$/;

/** A token that was issued here. */
interface OwnToken {
  readonly hash: string;
  readonly userId: string;
  readonly expiresAtMs: number;
}

/** Unused tokens. */
export class SharedTokens implements StreamTokens {
  readonly #bucket: SharedBucket;
  readonly #secrets: Secrets;
  /** What was issued here, oldest first, as far as it may be good. */
  readonly #own = new Map<string, OwnToken>();
  /** The same by user. */
  readonly #ownByUser = new Map<string, Set<string>>();

  constructor(bucket: SharedBucket, secrets: Secrets) {
    this.#bucket = bucket;
    this.#secrets = secrets;
  }

  async issue(userId: string, nowMs: number): Promise<IssuedToken> {
    this.sweep(nowMs);
    const [oldest] = this.#crowded(userId) ?? [];
    if (oldest !== undefined) {
      this.#forget(oldest);
      void this.#bucket.remove(oldest);
    }
    const token = this.#secrets.randomHex(tokenBytes);
    const hash = this.#secrets.sha256Hex(token);
    const expiresAtMs = nowMs + tokenLifeMs;
    this.#remember({ hash, userId, expiresAtMs });
    const put = await this.#bucket.put(hash, bytesOf({ userId, expiresAtMs }), 0);
    if (typeof put === "number") return { token };
    this.#forget(hash);
    return "unavailable";
  }

  async claim(token: string, nowMs: number): Promise<ClaimedToken | TokenFault> {
    if (!tokenPattern.test(token)) return "unknown-token";
    const hash = this.#secrets.sha256Hex(token);
    const found = await this.#bucket.get(hash);
    if (isUnreachable(found)) return "unavailable";
    const ticket = found && ticketOf(found.value);
    if (found === undefined || ticket === undefined) return "unknown-token";
    if (nowMs >= ticket.expiresAtMs) return "expired-token";
    const isMine = await this.#bucket.remove(hash, found.revision);
    // Where it is not known whether it was removed it opens nothing: a new one is asked for.
    if (isUnreachable(isMine)) return "unavailable";
    if (!isMine) return "unknown-token";
    return {
      userId: ticket.userId,
      useUp: () => this.#forget(hash),
      giveBack: () => void this.#bucket.put(hash, found.value, 0),
    };
  }

  sweep(nowMs: number): void {
    for (const { hash, expiresAtMs } of this.#own.values()) {
      if (nowMs < expiresAtMs) return;
      this.#forget(hash);
    }
  }

  /** Tokens of which one has to go for one more of a user, oldest first. */
  #crowded(userId: string): Iterable<string> | undefined {
    const own = this.#ownByUser.get(userId);
    if (own !== undefined && own.size >= tokensPerUserMax) return own;
    return this.#own.size >= tokensMax ? this.#own.keys() : undefined;
  }

  #remember(token: OwnToken): void {
    this.#own.set(token.hash, token);
    const own = this.#ownByUser.get(token.userId) ?? new Set();
    this.#ownByUser.set(token.userId, own.add(token.hash));
  }

  #forget(hash: string): void {
    const token = this.#own.get(hash);
    if (token === undefined) return;
    this.#own.delete(hash);
    const own = this.#ownByUser.get(token.userId);
    own?.delete(hash);
    if (own?.size === 0) this.#ownByUser.delete(token.userId);
  }
}

type Ticket = Omit<OwnToken, "hash">;

function ticketOf(value: Uint8Array): Ticket | undefined {
  const { userId, expiresAtMs }: { readonly [Field in keyof Ticket]?: unknown } = fieldsOf(value);
  const isTicket = typeof userId === "string" && typeof expiresAtMs === "number";
  return isTicket ? { userId, expiresAtMs } : undefined;
}
