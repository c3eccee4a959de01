/**
 * What is subscribed to, and what the server has been told of it. Whoever uses it asks for the difference and sends it:
 * at once for one change or a thousand, and all of it again on a new connection.
 */

/** What has to be sent for one group: a channel, or a dataset and its rhythm. */
export interface InterestChange {
  readonly group: string;
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

interface Wish {
  /** How many subscriptions want it. */
  count: number;
  /** Whether the server was told. */
  isSent: boolean;
}

/** See the head of the file. */
export class Interest {
  readonly #groups = new Map<string, Map<string, Wish>>();

  /** One more wants a name of a group. */
  want(group: string, name: string): void {
    const wishes = this.#groups.get(group) ?? new Map<string, Wish>();
    this.#groups.set(group, wishes);
    const wish = wishes.get(name);
    if (wish === undefined) wishes.set(name, { count: 1, isSent: false });
    else wish.count += 1;
  }

  /** One less wants it. */
  unwant(group: string, name: string): void {
    const wish = this.#groups.get(group)?.get(name);
    if (wish !== undefined) wish.count = Math.max(0, wish.count - 1);
  }

  /** Whether anybody wants it at present. */
  wants(group: string, name: string): boolean {
    return (this.#groups.get(group)?.get(name)?.count ?? 0) > 0;
  }

  /** The server did not take these back: it is told again, unless somebody wants them by then. */
  unwanted(group: string, names: readonly string[]): void {
    const wishes = this.#groups.get(group) ?? new Map<string, Wish>();
    this.#groups.set(group, wishes);
    for (const name of names) {
      const wish = wishes.get(name);
      if (wish === undefined) wishes.set(name, { count: 0, isSent: true });
      else wish.isSent = true;
    }
  }

  /** Nobody wants it any more, and the server knows nothing of it that would have to be taken back. */
  drop(group: string, name: string): void {
    this.#groups.get(group)?.delete(name);
  }

  /** Nothing counts as told: all of it, or names of a group. */
  unsend(group?: string, names?: readonly string[]): void {
    for (const [own, wishes] of this.#groups) {
      if (group !== undefined && own !== group) continue;
      for (const [name, wish] of wishes) {
        if (names?.includes(name) !== false) wish.isSent = false;
      }
    }
  }

  /** What the server has to be told, which counts as told from now on. */
  takeChanges(): readonly InterestChange[] {
    const changes: InterestChange[] = [];
    for (const [group, wishes] of this.#groups) {
      const change = { group, ...changesOf(wishes) };
      if (wishes.size === 0) this.#groups.delete(group);
      if (change.add.length + change.remove.length > 0) changes.push(change);
    }
    return changes;
  }
}

function changesOf(wishes: Map<string, Wish>): Omit<InterestChange, "group"> {
  const add: string[] = [];
  const remove: string[] = [];
  for (const [name, wish] of wishes) {
    if (wish.count > 0 && !wish.isSent) add.push(name);
    if (wish.count === 0 && wish.isSent) remove.push(name);
    if (wish.count === 0) wishes.delete(name);
    wish.isSent = true;
  }
  return { add, remove };
}
