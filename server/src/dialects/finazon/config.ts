/** The `finazon` part of the configuration: choices that the reference leaves open. */
import Type, { type Static } from "typebox";
import { section } from "../../ports/config-section.ts";

/** `finazon`; the decisions behind the defaults are those of the dialect's README. */
export const finazonSchema = Type.Object(
  {
    eventInReplies: Type.Boolean({
      default: true,
      description: "whether replies to subscribe and unsubscribe carry `event`",
    }),
    unchangedBars: Type.Optional(
      Type.Boolean({ description: "the former name of `streams.unchangedBars`" }),
    ),
    onConnectionLimit: Type.Enum(["refuse", "evict-oldest"], {
      default: "refuse",
      description: "what happens when a workspace opens one connection too many",
    }),
    firstPage: Type.Integer({
      minimum: 0,
      maximum: 1,
      default: 0,
      description:
        "what the first page of a REST list is called; with 0 clients that count from 1 miss the newest rows",
    }),
  },
  section,
);

/** The part after defaults have been filled in. */
export type FinazonConfig = Static<typeof finazonSchema>;
