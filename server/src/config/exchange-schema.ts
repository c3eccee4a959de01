/** What the configuration says of the exchange and of those who trade on it besides its users. */
import Type from "typebox";
import { section } from "../ports/config-section.ts";
import { daysSchema } from "./day-schema.ts";
import { mirrorsSchema } from "./mirror-schema.ts";

/** `exchange`. */
export const exchangeSchema = Type.Object(
  {
    enabled: Type.Boolean({ default: true, description: "whether this server runs an exchange" }),
    snapshotEveryCommands: Type.Integer({
      minimum: 100,
      maximum: 100_000_000,
      default: 500_000,
      description: "commands between two state snapshots",
    }),
    logBytesMax: Type.Optional(
      Type.Integer({
        minimum: 131_072,
        description: "size at which the log takes no more commands; default: the disk's",
      }),
    ),
    clockBehindMaxMs: Type.Integer({
      minimum: 0,
      maximum: 3_155_760_000_000,
      default: 60_000,
      description: "how far the clock may be behind the log's last command at a start",
    }),
    warmUpMs: Type.Integer({
      minimum: 0,
      maximum: 60_000,
      default: 3_000,
      description:
        "how long a start may prepare for orders that fill thousands; 0: not at all, nor for snapshots",
    }),
    participants: Type.Object(
      {
        enabled: Type.Optional(
          Type.Boolean({
            description:
              "whether simulated participants trade on the exchange; default: as the data folder was begun",
          }),
        ),
        seed: Type.Integer({
          minimum: 0,
          maximum: 4_294_967_295,
          default: 1,
          description: "the same seed gives the same participants",
        }),
        rate: Type.Number({
          minimum: 0.1,
          maximum: 1_000,
          default: 1,
          description: "how busy they are, 1 being a quiet day",
        }),
        idleShare: Type.Number({
          minimum: 0.001,
          maximum: 1,
          default: 0.04,
          description:
            "share of the rate at which they go on while no client is connected and none has asked for five minutes",
        }),
      },
      section,
    ),
    mirrors: mirrorsSchema,
    days: daysSchema,
  },
  section,
);
