/**
 * JSON Schemas of the messages of the stream, for its description and for the tests, which hold every
 * message against them.
 */
import Type, { type TSchema } from "typebox";
import { placeFields } from "../kit/position-schemas.ts";
import { requestIdLengthMax } from "./decode.ts";
import { streamErrorCodes } from "./errors.ts";
import {
  barsChannel,
  type EventName,
  eventNames,
  frequencies,
  minuteAggregation,
  type RequestEcho,
  type SuccessCode,
} from "./messages.ts";

const exact = { additionalProperties: false } as const;

const yourId = Type.Optional(
  Type.Union([Type.String({ maxLength: requestIdLengthMax }), Type.Number(), Type.Null()], {
    description: "Your own id of the request, which the reply repeats character by character.",
  }),
);
const itsId = Type.Optional(
  Type.Union([Type.String(), Type.Number()], {
    description: "That of the request, where it has one.",
  }),
);

const datasetText = "Code of a dataset, for example huobi.";
/** White space around names is read past; a name has something else. */
const name = (description: string) => Type.String({ pattern: "\\S", description });
const tickers = Type.Array(name("Ticker."), {
  minItems: 1,
  description: "Tickers of the dataset.",
});

const stream = {
  channel: Type.Literal(barsChannel),
  frequency: Type.Enum([...frequencies], { description: "How often the open bar is sent." }),
  aggregation: Type.Literal(minuteAggregation, { description: "How long a bar is." }),
};

/** A request to start or stop streams. The first generation says `publisher` for `dataset`. */
export function subscription(event: EventName, code: "dataset" | "publisher"): TSchema {
  const fields = {
    event: Type.Literal(event),
    [code]: name(datasetText),
    tickers,
    ...stream,
    request_id: yourId,
  };
  // Whoever says both speaks the current generation.
  return Type.Object(fields, code === "dataset" ? {} : { not: { required: ["dataset"] } });
}

/** A request without parameters. */
export function command(event: EventName): TSchema {
  return Type.Object({ event: Type.Literal(event), request_id: yourId });
}

const isSuccess = { status: Type.Literal("success") };
const started = Type.Array(Type.String(), { description: "Tickers whose stream really changed." });

/** A schema for each field of {@link RequestEcho}. */
type EchoFields = { readonly [Field in keyof RequestEcho]: TSchema };

function echo(event: EventName): TSchema {
  const fields: EchoFields = {
    event: Type.Literal(event),
    publisher: Type.String({ description: datasetText }),
    mic: Type.Literal(""),
    market: Type.Literal(""),
    ...stream,
    tickers: started,
  };
  return Type.Object(fields, exact);
}

/** The reply to a request that was carried out, at least of some of its tickers. */
export function subscriptionReply(
  event: EventName,
  code: SuccessCode,
  generation: "current" | "first",
): TSchema {
  return Type.Object(
    {
      event: Type.Optional(
        Type.Literal(event, { description: "Absent with `finazon.eventInReplies: false`." }),
      ),
      ...isSuccess,
      code: Type.Literal(code),
      data: generation === "current" ? started : echo(event),
      request_id: itsId,
    },
    exact,
  );
}

/** The reply to a heartbeat or a reset. */
export function commandReply(event: EventName): TSchema {
  return Type.Object({ event: Type.Literal(event), ...isSuccess, request_id: itsId }, exact);
}

/** An error object. */
export const refusal: TSchema = Type.Object(
  {
    event: Type.Optional(
      Type.Enum([...eventNames], { description: "That of the request, where it could be read." }),
    ),
    status: Type.Literal("error"),
    code: Type.Enum([...new Set(Object.values(streamErrorCodes))]),
    message: Type.String({ description: "What is wrong, and what would be right." }),
    request_id: itsId,
  },
  exact,
);

const price = (description: string) => Type.Number({ description });

/** A bar. Those of the first generation are without `d`. */
export function bar(generation: "current" | "first"): TSchema {
  return Type.Object(
    {
      ...(generation === "current" ? { d: Type.String({ description: "Dataset." }) } : {}),
      p: Type.String({ description: "Publisher." }),
      ch: stream.channel,
      f: stream.frequency,
      aggr: stream.aggregation,
      s: Type.String({ description: "Ticker." }),
      t: Type.Integer({ description: "When the bar begins. Unix seconds." }),
      o: price("Open, with all its digits, as are all figures."),
      h: price("High."),
      l: price("Low."),
      c: price("Close."),
      v: price("Volume."),
    },
    exact,
  );
}

/** Up to where everything of a dataset was sent. */
export const position: TSchema = Type.Object(
  {
    d: Type.String({ description: "Dataset." }),
    ch: Type.Literal("position"),
    t: Type.Integer({ description: "When that was so. Unix seconds." }),
    ...placeFields,
  },
  exact,
);
