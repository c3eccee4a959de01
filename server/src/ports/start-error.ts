/** The one error that a start may end with. */

/** Something outside keeps the server from starting; the message says what the operator has to do. */
export class StartError extends Error {
  override readonly name: string = "StartError";
}

/** What a command was told to work on is not there: the command line is not right. */
export class MissingError extends StartError {
  override readonly name = "MissingError";
}
