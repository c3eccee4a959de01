/** What happens when nobody reads standard output any more, as in `openbourse … | head`. */

/** Ends the program quietly: its output was all it was for. */
export function endWithReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(0);
  });
}

/** Goes on without it: what was said there is not what the program is for. */
export function goOnWithoutReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}
