/** `record --url`, `--venue` and `--sent`: what passes, line by line, into rotating files. */
import { dataFolder } from "../../config/data-folder.ts";
import type { ConfigInput } from "../../config/load.ts";
import { RecordedLines } from "../../recordings/recorded-lines.ts";
import {
  type FileBounds,
  type FileListener,
  RotatingFiles,
  recordedUntil,
} from "../../recordings/rotating-files.ts";
import { configOrExitCode } from "./config.ts";
import { say } from "./keep-recording.ts";
import { refuse } from "./key-store.ts";
import { recordStream, streamAddress } from "./record-stream.ts";
import { recordTap } from "./record-tap.ts";

/** What is recorded: an address, or a tap of the server on the configured folder. */
export interface LinesCommand {
  readonly config: ConfigInput;
  readonly venue?: string;
  readonly url?: string;
  readonly send?: readonly string[];
  readonly name?: string;
  readonly output: string;
  readonly isOnce: boolean;
  readonly bounds: FileBounds;
  readonly toldFiles: FileListener;
}

/** Runs it; resolves with the exit code. */
export async function recordLines(command: LinesCommand): Promise<number> {
  const { venue, url, send = [], isOnce, output: folder } = command;
  const source = url === undefined ? tapOf(command) : streamAddress(url);
  if (source === 2) return 2;
  if (typeof source === "string") return refuse(source);
  const byDefault =
    url === undefined ? (venue === undefined ? "sent" : `${venue}-venue`) : "stream";
  // Clients are sent what is theirs alone.
  const names = { folder, name: command.name ?? byDefault, isPrivate: url === undefined };
  const untilUs = await recordedUntil(names);
  if (untilUs !== undefined) say(`going on after ${new Date(untilUs / 1_000).toISOString()}`);
  const files = new RotatingFiles(names, command.bounds, command.toldFiles);
  const lines = new RecordedLines(files, untilUs);
  const { fault } =
    source instanceof URL
      ? await recordStream(source, { send, isOnce }, lines)
      : await recordTap({ ...source, isOnce }, lines);
  const dropped = lines.dropped === 0 ? "" : `, ${lines.dropped} dropped`;
  say(`${files.written.lines} lines${dropped}${fault === undefined ? "" : `; ${fault}`}`);
  return fault === undefined ? 0 : 1;
}

function tapOf({ config: input, venue }: LinesCommand) {
  const config = configOrExitCode(input);
  if (config === 2) return 2;
  const request =
    venue === undefined
      ? ({ what: "sent" } as const)
      : ({ what: "venue", dataset: venue } as const);
  return { path: dataFolder(config.data).adminSocket, request };
}
