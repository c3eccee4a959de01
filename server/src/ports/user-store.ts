/** Where the users of the exchange and their API keys are kept. A key is stored sealed, never as text. */

/** One user as stored. */
export interface UserRecord {
  /** Lower-case UUID; it is also the user's name in the exchange. */
  readonly id: string;
  /** The API key as a `Vault` sealed it, with the id as its context. */
  readonly sealedKey: string;
  /** Operator's note, for example `demo`. */
  readonly label: string;
  readonly createdAtMs: number;
  /** When the user was disabled; undefined while they are served. */
  readonly disabledAtMs: number | undefined;
  /** Names of the ways of signing that are not taken from them, even where the server takes them. */
  readonly refusedWays: readonly string[];
}

/** Which users; all conditions must hold. */
export interface UserQuery {
  readonly label?: string;
  /** At most so many. Default: all. */
  readonly limit?: number;
}

/** Storage of users, shared by the server and the command line at the same time. */
export interface UserStore {
  /** Adds a user; false, and nothing stored, when the id is taken. */
  add(record: UserRecord): boolean;
  user(id: string): UserRecord | undefined;
  /** How many users there are, disabled ones too. */
  count(): number;
  /** Users, newest first; all of them when nothing is asked. */
  users(query?: UserQuery): readonly UserRecord[];
  /** The first `max` users behind an id, by their ids; from the first one on behind an empty text. */
  usersBehind(id: string, max: number): readonly UserRecord[];
  /** Ids of all users that are disabled. */
  disabledIds(): readonly string[];
  /** Disables a user; false when there is none of this id or they were disabled before. */
  disable(id: string, disabledAtMs: number): boolean;
  /** Says whether a way of signing is taken from a user; false when there is none of this id or it was so before. */
  setWay(id: string, way: string, isTaken: boolean): boolean;
  /** Enables a user again; false when there is none of this id or they are not disabled. */
  enable(id: string): boolean;
  /** A number that changes whenever any process has changed the store. Cheap enough for every second. */
  version(): number;
  /** What has become of the storage, in words, when it was taken away or replaced; undefined while it is there. */
  lost(): string | undefined;
  close(): void;
}
