/** `streams.sessions`: how many may have clocks of their own in recordings. */
import Type, { type TInteger } from "typebox";
import { section } from "../ports/config-section.ts";

/** How many there may be of something, at least one. */
export const bound = (defaultMax: number, description: string): TInteger =>
  Type.Integer({ minimum: 1, maximum: 1_000_000, default: defaultMax, description });

/** See the head of the file. */
export const sessionsSchema = Type.Object(
  {
    perKeyMax: bound(20, "clocks of their own that one API key may have at once"),
    max: bound(100, "clocks of their own that all keys together may have at once"),
    idleSeconds: bound(
      900,
      "seconds without a connection and without a call after which a clock of one's own ends",
    ),
  },
  section,
);
