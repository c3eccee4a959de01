/**
 * `record --sent` and `record --venue`: what a running server sends to its clients, and what it hears from a venue,
 * told by it at its socket. It waits for a server that is not there, and for the next one when it ends.
 */
import { text } from "node:stream/consumers";
import { requestAt } from "../../admin/ask-server.ts";
import type { AdminRequest } from "../../admin/operations.ts";
import type { RecordedLines } from "../../recordings/recorded-lines.ts";
import { sentTexts } from "../../recordings/sent-texts.ts";
import { type Ended, keepRecording } from "./keep-recording.ts";
import { type Tapped, tapped } from "./tapped.ts";

/** How long to wait before the server is asked again, in milliseconds. */
const pauseMs = 250;

/** What is recorded, and of which server. */
export interface TapCommand {
  /** The socket of the server. */
  readonly path: string;
  readonly request: AdminRequest<"open-tap">;
  /** Whether it ends with the server. */
  readonly isOnce: boolean;
}

/** Records until it is stopped; resolves with why it could not go on. */
export function recordTap(
  { path, request, isOnce }: TapCommand,
  lines: RecordedLines,
): Promise<{ readonly fault: string | undefined }> {
  return keepRecording(lines, {
    isOnce,
    waitsForFirst: true,
    pauseMs: () => pauseMs,
    async connect(signal, begun) {
      try {
        const response = await requestAt(path, { name: "open-tap", request, signal });
        if (response.statusCode !== 200) return refusalOf(await text(response));
        begun();
        for await (const one of tapped(response)) record(one, lines);
        return { fault: "the server has ended" };
      } catch (error) {
        return troubleOf(error as NodeJS.ErrnoException, path);
      }
    },
  });
}

/** What the server said in place of showing anything. */
function refusalOf(body: string): Ended {
  const { kind, message } = JSON.parse(body) as { kind: string; message?: string };
  if (kind === "stopping") return { fault: "the server is stopping" };
  return { fault: message ?? kind, isFinal: kind === "refused" || kind === "fault" };
}

function troubleOf({ code, message }: NodeJS.ErrnoException, path: string): Ended {
  if (code === "EACCES") {
    return { fault: `the server at ${path} is another user's: record as that user`, isFinal: true };
  }
  if (code === "ENOENT" || code === "ECONNREFUSED") return { fault: `no server runs at ${path}` };
  if (code === "ECONNRESET") return { fault: "the server has ended" };
  return { fault: message };
}

function record({ t, us, fields, bytes }: Tapped, lines: RecordedLines): void {
  if (t === "gap") {
    const { fromUs, ...counts } = fields as { fromUs: number };
    lines.gap({ fromUs, toUs: us, why: "the recorder did not keep up", ...counts });
    return;
  }
  const { isBinary, ...rest } = fields;
  if (bytes === undefined) lines.take(t, us, rest);
  else if (t === "sent") {
    for (const data of sentTexts(bytes)) lines.take(t, us, { ...rest, data });
  } else if (isBinary === true) lines.take(t, us, { ...rest, b64: bytes.toString("base64") });
  else lines.take(t, us, { ...rest, data: bytes.toString("utf8") });
}
