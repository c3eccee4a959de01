/** Where workspaces and API keys are kept. Keys themselves are never stored, only their SHA-256. */

/** What a workspace may do; undefined means no limit of that kind. */
export interface WorkspaceLimits {
  /** Connections open at once, counted over all keys of the workspace. */
  readonly connectionsMax?: number | undefined;
  /** Event messages a minute on one connection. */
  readonly messagesPerMinuteMax?: number | undefined;
  /** Size of one event message in bytes. */
  readonly messageBytesMax?: number | undefined;
  /** Tickers subscribed at once on one connection. */
  readonly tickersMax?: number | undefined;
  /** REST calls a minute, counted over all keys of the workspace. */
  readonly restCallsPerMinuteMax?: number | undefined;
  /** Dataset codes that may be used; undefined means all. */
  readonly datasets?: readonly string[] | undefined;
}

/** A tenant: keys and limits belong to it. */
export interface Workspace {
  readonly name: string;
  /** Overrides of the server's default limits; what is undefined here keeps the default. */
  readonly limits: WorkspaceLimits;
  readonly createdAtMs: number;
}

/** One API key as it is stored. */
export interface KeyRecord {
  /** Public name of the key: the first 8 hex digits of its hash. It opens nothing. */
  readonly id: string;
  /** Lower-case hex SHA-256 of the key. */
  readonly hash: string;
  readonly workspace: string;
  /** Operator's note, for example `demo`. */
  readonly label: string;
  readonly createdAtMs: number;
  /** Datasets that it may push to; such a key opens nothing else. Undefined for every other key. */
  readonly ingest?: readonly string[];
  /** When it was revoked; undefined while it is good. */
  readonly revokedAtMs: number | undefined;
}

/** Storage of workspaces and keys, shared by the server and the command line at the same time. */
export interface KeyStore {
  /** Creates the workspace when it is new; returns it either way. */
  ensureWorkspace(name: string, createdAtMs: number): Workspace;
  workspace(name: string): Workspace | undefined;
  /** All workspaces, by name. */
  workspaces(): readonly Workspace[];
  /** Replaces the limits of an existing workspace. */
  setLimits(name: string, limits: WorkspaceLimits): void;
  /** Adds a key of an existing workspace; false, and nothing stored, when its id is taken. */
  addKey(record: KeyRecord): boolean;
  keyByHash(hash: string): KeyRecord | undefined;
  /** All keys, newest first; of one workspace when named. */
  keys(workspace?: string): readonly KeyRecord[];
  /** The key of an id. */
  key(id: string): KeyRecord | undefined;
  /** The first `max` keys behind an id, by their ids; from the first one on behind an empty text. */
  keysBehind(id: string, max: number): readonly KeyRecord[];
  /** Revokes the key with this id; false when there is none or it was revoked before. */
  revokeKey(id: string, revokedAtMs: number): boolean;
  /** Makes a revoked key good again; false when there is none or it is not revoked. */
  reinstateKey(id: string): boolean;
  /** A number that changes whenever any process has changed the store. Cheap enough for every second. */
  version(): number;
  /** What has become of the storage, in words, when it was taken away or replaced; undefined while it is there. */
  lost(): string | undefined;
  close(): void;
}
