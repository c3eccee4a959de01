/**
 * What an administrator has done beside the running server, in a store that both have open: told to the
 * server, so that its log has everything that was administered.
 */
import Type, { type Static } from "typebox";
import { type AdminAnswer, done } from "./answer.ts";

/** Most fields of a note. */
const fieldsMax = 20;

/** Longest value of a field. */
export const noteLengthMax = 200;

const fields = Type.Record(
  Type.String({ pattern: "^[a-zA-Z]{1,32}$" }),
  Type.String({ maxLength: noteLengthMax }),
  { maxProperties: fieldsMax },
);

/** What was done, to whom or what. */
export const noteRequest = Type.Object(
  { action: Type.String({ pattern: "^[a-z-]{1,32}$" }), fields },
  { additionalProperties: false },
);

/** What was done; never with a secret. */
export type Note = Static<typeof noteRequest>;

/** Does nothing: that it was asked for is in the log. */
export function takeNote(_note: Note): Promise<AdminAnswer<object>> {
  return Promise.resolve(done({}));
}
