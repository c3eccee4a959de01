/** Tests that need a real NATS server: skipped aloud where there is none, and failed where a whole run was asked for. */
import { it } from "vitest";
import { natsProgram } from "./nats-server.ts";

/**
 * Declares tests of something that is kept by NATS. `what` and its verb begin the sentence that says what is
 * not tested without a server, such as "shared records at NATS are". With `CI` in the environment that fails.
 */
export function withNats(what: string, declare: (program: string) => void): void {
  const program = natsProgram();
  if ("path" in program) {
    declare(program.path);
    return;
  }
  const why = `${what} not tested: ${program.missing}`;
  if (process.env["CI"] === undefined) {
    it.skip(why, () => {});
    return;
  }
  it(`${what} tested`, () => {
    throw new Error(
      `${why}. Install Debian's package nats-server of that version, or name a program. Without CI in the environment this is skipped.`,
    );
  });
}
