/** Tells the server that runs on a data folder what a command has done beside it, for its log. */
import { askServer } from "../../admin/ask-server.ts";
import type { Note } from "../../admin/note.ts";
import type { DataFolder } from "../../config/data-folder.ts";

/** How long a server that does not answer is asked, in milliseconds: it is done either way. */
const patienceMs = 1_000;

/** What a task on a store comes to: an exit code, or what it has done, which is 0. */
export type Outcome = number | Note;

/** The exit code of a task, once the server knows what was done. */
export async function exitCodeOf(outcome: Outcome, folder: DataFolder): Promise<number> {
  if (typeof outcome === "number") return outcome;
  await askServer(folder.adminSocket, { name: "note", request: outcome, patienceMs });
  return 0;
}
