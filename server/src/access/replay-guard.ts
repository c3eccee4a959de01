/**
 * Remembers which signed requests were taken, so that none is taken twice. A request that it cannot
 * judge, because it may have been forgotten, is refused; what is forgotten is known by its time stamp.
 * Each user has a share of the memory: who fills it loses the oldest of their own, and nobody waits.
 */

/** Most signatures of one user that are remembered. */
export const signaturesPerUserMax = 50_000;

/** Most signatures of all users together. */
export const signaturesMax = 200_000;

/**
 * How far ahead of the highest time stamp one is noted, in milliseconds, so that it is noted five times
 * a second and not with every request.
 */
const notedAheadMs = 200;

/** Users of whom no signature is remembered, but up to which time stamp they were forgotten. */
const idleUsersMax = 10_000;

/** Whether a signature was taken before. `unknown` means that it may have been. */
export type ReplayVerdict = "new" | "taken" | "unknown";

/** How much is remembered. */
export interface ReplayGuardOptions {
  /** A time stamp is never taken when it is so many milliseconds behind the clock. */
  readonly windowMs: number;
  /** No request stamped up to then can be judged: an earlier process may have taken it. */
  readonly floorMs?: number | undefined;
  /** Told, before a request is taken, a time stamp up to which requests may be taken: for the next process. */
  readonly noteStamp?: ((stampMs: number) => void) | undefined;
  readonly perUserMax?: number;
  readonly totalMax?: number;
}

/** The signatures of one user that were taken. */
interface Memory {
  /** Time stamps by signature, in the order in which they were taken. */
  readonly stamps: Map<string, number>;
  /** Requests stamped up to then may have been forgotten. */
  floorMs: number;
}

/** The requests that were taken of late. */
export class ReplayGuard {
  readonly #windowMs: number;
  readonly #perUserMax: number;
  readonly #totalMax: number;
  readonly #users = new Map<string, Memory>();
  readonly #noteStamp: (stampMs: number) => void;
  #size = 0;
  #floorMs: number;
  #notedMs = Number.NEGATIVE_INFINITY;

  constructor(options: ReplayGuardOptions) {
    this.#windowMs = options.windowMs;
    this.#floorMs = options.floorMs ?? Number.NEGATIVE_INFINITY;
    this.#noteStamp = options.noteStamp ?? (() => {});
    this.#perUserMax = options.perUserMax ?? signaturesPerUserMax;
    this.#totalMax = options.totalMax ?? signaturesMax;
  }

  /** Up to which time stamp requests of a user cannot be judged. */
  floorMs(userId: string): number {
    return Math.max(this.#floorMs, this.#users.get(userId)?.floorMs ?? Number.NEGATIVE_INFINITY);
  }

  /** Whether a request of a user was taken before. */
  judge(userId: string, signature: string, stampMs: number): ReplayVerdict {
    if (this.#users.get(userId)?.stamps.has(signature) === true) return "taken";
    return stampMs > this.floorMs(userId) ? "new" : "unknown";
  }

  /** Remembers a request that is taken. */
  remember(userId: string, signature: string, stampMs: number): void {
    if (stampMs > this.#notedMs) {
      this.#notedMs = stampMs + notedAheadMs;
      this.#noteStamp(this.#notedMs);
    }
    if (this.#size >= this.#totalMax) this.#forgetHalfOfTheLargest();
    const memory = this.#memoryOf(userId);
    if (memory.stamps.size >= this.#perUserMax) this.#forget(memory, 1);
    memory.stamps.set(signature, stampMs);
    this.#size += 1;
  }

  /** Forgets what the clock alone refuses by now; costs as much as there is to forget. */
  sweep(nowMs: number): void {
    let idle = 0;
    for (const memory of this.#users.values()) {
      this.#forget(memory, countOld(memory, nowMs - this.#windowMs));
      if (memory.stamps.size === 0) idle += 1;
    }
    if (idle > idleUsersMax) this.#joinIdle();
  }

  #memoryOf(userId: string): Memory {
    const known = this.#users.get(userId);
    if (known !== undefined) return known;
    const memory = { stamps: new Map<string, number>(), floorMs: Number.NEGATIVE_INFINITY };
    this.#users.set(userId, memory);
    return memory;
  }

  /** Forgets the first `count` of a user, and remembers up to which time stamp. */
  #forget(memory: Memory, count: number): void {
    let left = count;
    for (const [signature, stampMs] of memory.stamps) {
      if (left === 0) return;
      left -= 1;
      memory.floorMs = Math.max(memory.floorMs, stampMs);
      memory.stamps.delete(signature);
      this.#size -= 1;
    }
  }

  /** Makes room in one pass: whoever has at least their share of what is remembered gives up half. */
  #forgetHalfOfTheLargest(): void {
    const shareMin = this.#size / this.#users.size;
    for (const memory of this.#users.values()) {
      const { size } = memory.stamps;
      if (size >= shareMin) this.#forget(memory, Math.ceil(size / 2));
    }
  }

  #joinIdle(): void {
    for (const [userId, memory] of this.#users) {
      if (memory.stamps.size > 0) continue;
      this.#floorMs = Math.max(this.#floorMs, memory.floorMs);
      this.#users.delete(userId);
    }
  }
}

/** How many of the oldest are stamped before `beforeMs`. */
function countOld({ stamps }: Memory, beforeMs: number): number {
  let count = 0;
  for (const stampMs of stamps.values()) {
    if (stampMs >= beforeMs) return count;
    count += 1;
  }
  return count;
}
