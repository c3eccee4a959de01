/** Who administers: what the command line says of its caller, for the server's log. */
import { userInfo } from "node:os";

/** The header that names the caller of an operation. */
export const operatorHeader = "x-openbourse-operator";

/** Visible ASCII and spaces, so that it is one line in any log. */
const operatorPattern = /^[ -~]{1,128}$/;

/** The user of the operating system and the process that ask, as far as they can be told. */
export function thisOperator(): string {
  return `${userName()} (pid ${process.pid})`.replace(/[^ -~]/g, "?").slice(0, 128);
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user without an entry in the system's list.
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}

/** The caller as a request names it. */
export function operatorOf(header: string | undefined): string {
  return header !== undefined && operatorPattern.test(header) ? header : "unknown";
}
