/**
 * What connections that asked for positions send and are sent, as descriptions of messages: those of other connections
 * with more fields (docs/protocols/positions).
 */
import Type, { type TObject, type TProperties, type TSchema } from "typebox";
import type {
  ChannelDescription,
  MessageDescription,
  RequestDescription,
} from "../../ports/stream-description.ts";
import { epochLengthMax } from "./positions.ts";

const exact = { additionalProperties: false } as const;

const count = (minimum: number, description: string) =>
  Type.Integer({ minimum, maximum: Number.MAX_SAFE_INTEGER, description });
const sequence = count(0, "Sequence of what caused it.");
const ordinal = count(0, "Tells apart what one cause has in one stream.");
const epoch = Type.String({
  maxLength: epochLengthMax,
  description: "Identity of the source. Positions of different epochs cannot be compared.",
});

/** As they are sent: a tick of 0 is left out. */
const positionFields = {
  seq: sequence,
  tick: Type.Optional(count(1, "Number of the tick that cut it, where it was one.")),
  ord: ordinal,
};

/** Where a message is. */
export const placeFields: TProperties = { epoch, ...positionFields };

/** Where a message is, and the one before it in its stream. */
export const messageFields: TProperties = {
  ...placeFields,
  prev: Type.Optional(
    Type.Object(positionFields, {
      ...exact,
      description:
        "Position of the message before it in the same stream; absent where it stands for everything before it.",
    }),
  ),
};

/** Checksum of a book. */
export const checksumField: TProperties = {
  crc: Type.Integer({
    minimum: 0,
    maximum: 2 ** 32 - 1,
    description: "CRC-32 of the best ten levels of each side of the book after this message.",
  }),
};

/** What a bar says besides. */
export const barFields: TProperties = {
  rev: count(0, "How many trades have come since its minute was closed."),
  closed: Type.Boolean({ description: "Whether its minute is over." }),
};

/** What a client says that it had last, as it is read. */
const since = Type.Object(
  {
    epoch,
    seq: sequence,
    tick: Type.Optional(count(0, "As it was told; 0 where there was none.")),
    ord: Type.Optional(ordinal),
  },
  { description: "Position from which to go on, as it was told with a message." },
);

/** An object with all fields of another one that is without any beside them, and with these. */
function extended(schema: object, fields: TProperties): TSchema {
  return Type.Object({ ...(schema as TObject).properties, ...fields }, exact);
}

/** A message with more fields, for connections that asked for positions. */
export function positioned(message: MessageDescription, fields: TProperties): MessageDescription {
  return {
    name: `${message.name}_positioned`,
    positionsOf: message.name,
    summary: `With \`positions=1\`: \`${message.name}\` with its position.`,
    schema: extended(message.schema, fields),
    examples: [],
  };
}

/** The replies to a subscribe that starts something: it begins, goes on, or goes on in part. */
function replies(reply: MessageDescription): readonly MessageDescription[] {
  const { name, schema } = reply;
  const kind = (suffix: string, summary: string, fields: TProperties): MessageDescription => ({
    ...{
      name: `${name}_${suffix}`,
      positionsOf: name,
      summary: `With \`positions=1\`: ${summary}`,
    },
    ...{ schema: extended(schema, { ...placeFields, ...fields }), examples: [] },
  });
  return [
    kind("positioned", "what it starts begins here.", {}),
    kind("recovered", "everything after `since` follows.", { recovered: Type.Literal(true) }),
    kind("lost", "of some names something is lost, and they begin anew; others go on.", {
      recovered: Type.Literal(false),
      lost: Type.Array(Type.String(), { minItems: 1, description: "Those that begin anew." }),
    }),
  ];
}

/** A subscribe that may say from where it goes on. The first of its replies is that of a success. */
export function goingOn(request: RequestDescription): RequestDescription {
  const { name, summary, schema } = request;
  const { properties, required, ...others } = schema as TObject;
  const [success] = request.replies;
  return {
    name: `${name}_positioned`,
    positionsOf: name,
    summary: `With \`positions=1\`: ${summary} \`since\` goes on from there.`,
    schema: { ...others, required, properties: { ...properties, since } },
    examples: [],
    replies: [...(success === undefined ? [] : replies(success)), ...request.replies],
  };
}

/** The channel of the message that says up to where everything was sent. */
export function positionsChannel(update: MessageDescription): ChannelDescription {
  return {
    name: "positions",
    title: "Positions",
    about:
      "Only on connections with `positions=1`, about every second: everything up to this position has been sent.",
    isPrivate: false,
    requests: [],
    updates: [update],
  };
}
