/** The one error that a start may end with. */

/** Something outside keeps the server from starting; the message says what the operator has to do. */
export class StartError extends Error {
  override readonly name = "StartError";
}
