/** What can go wrong when bytes are made durable. It says nothing about what the bytes mean. */

/** Kinds of trouble with the place where something is stored. */
export type StorageFault =
  /** No room is left, on the disk or under a configured bound. */
  | "disk-full"
  /** The disk, the folder or the file may not be written. */
  | "read-only"
  /** The file has lost its name, or its name leads to another file. */
  | "moved"
  /** The disk failed, or the file turned out to be damaged while it was written. */
  | "failed";

/** Why something was not made durable. */
export interface StorageFailure {
  readonly kind: "failure";
  readonly fault: StorageFault;
  /** For the operator: names the file and what to do about it. */
  readonly message: string;
}

const remedies: Readonly<Record<StorageFault, string>> = {
  "disk-full": "make room on the disk",
  "read-only": "make the file and its folder writable for this user",
  moved: "put it back, then start again",
  failed: "check the disk",
};

/** A failure to write `path`, in words for the operator; `detail` is what the system said. */
export function storageFailure(fault: StorageFault, path: string, detail: string): StorageFailure {
  const message = `cannot write ${path}: ${detail}; ${remedies[fault]}`;
  return { kind: "failure", fault, message };
}

/** What the system calls a full disk and one that may not be written (POSIX errno.h). */
const faultsByCode: ReadonlyMap<string, StorageFault> = new Map([
  ["ENOSPC", "disk-full"],
  ["EDQUOT", "disk-full"],
  ["EFBIG", "disk-full"],
  ["EROFS", "read-only"],
  ["EACCES", "read-only"],
  ["EPERM", "read-only"],
]);

/** The fault behind one of the system's error codes. */
export function storageFaultOfCode(code: string): StorageFault {
  return faultsByCode.get(code) ?? "failed";
}
