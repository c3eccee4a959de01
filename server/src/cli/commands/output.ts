/** What happens when nobody reads standard output any more, as in `openbourse … | head`. */

/** Exit code of a program that ends because its reader has gone: 128 and the number of SIGPIPE, as with other tools. */
export const readerGoneCode = 141;

/**
 * What a command does then: `finish` what it is at, such as closing its files, and be silent; `end` at
 * once, where output is all that it is for; `go-on` as if nothing were, as a server does.
 */
type Attitude = "finish" | "end" | "go-on";

let attitude: Attitude = "finish";
let isGone = false;
let isWatched = false;

/** Watches the reader: from now on its going is no error. Calling it again does nothing. */
export function watchReader(): void {
  if (isWatched) return;
  isWatched = true;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    isGone = true;
    if (attitude === "end") process.exit(readerGoneCode);
    if (attitude === "finish") process.exitCode = readerGoneCode;
  });
  process.stderr.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

/** Ends the program quietly when the reader goes: its output is all it is for. */
export function endWithReader(): void {
  attitude = "end";
  watchReader();
}

/** Goes on without the reader: what is said there is not what the program is for. */
export function goOnWithoutReader(): void {
  attitude = "go-on";
  watchReader();
}

/** The exit code of a command that has come to its end with `code`. */
export function exitCodeForReader(code: number): number {
  return isGone && attitude === "finish" ? readerGoneCode : code;
}
