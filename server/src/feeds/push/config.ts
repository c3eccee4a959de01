/** What may be written of a dataset that a producer pushes. */
import Type, { type Static } from "typebox";
import { strict } from "../../ports/config-section.ts";

/** `kind: push`. */
export const pushFeedSchema = Type.Object(
  {
    kind: Type.Literal("push"),
    batchBytesMax: Type.Integer({
      minimum: 1_024,
      maximum: 1_048_576,
      default: 262_144,
      description: "bytes of one batch",
    }),
    batchRowsMax: Type.Integer({
      minimum: 1,
      maximum: 10_000,
      default: 5_000,
      description: "rows of one batch",
    }),
    rowsInFlightMax: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      default: 50_000,
      description:
        "rows that are taken and not stored yet; beyond it a batch is answered with 429 and Retry-After",
    }),
  },
  strict,
);

/** A push feed as configured. */
export type PushFeedConfig = Static<typeof pushFeedSchema>;
