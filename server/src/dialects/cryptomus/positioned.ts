/** The same messages for connections that asked for positions (docs/protocols/positions). */

import { assert } from "../../core/assert.ts";
import type { Topic } from "../../marketdata/topic.ts";
import { checkedLevels, type DepthUpdate } from "../../marketdata/updates.ts";
import type { Encoding, MessagePlace } from "../../ports/dialect.ts";
import { bookChecksum, type LevelTexts } from "../kit/book-checksum.ts";
import { messageFields, placeFields, withFields } from "../kit/positions.ts";
import { dialectName, positions } from "./encode.ts";
import type { Encodings } from "./encodings.ts";
import { priceText, quantityText } from "./format.ts";

/** Name of the encodings with positions: connections with and without are never sent each other's. */
const positionedName = `${dialectName}-positions`;

/** A set of encodings with positions beside every message. */
export function withPositions(plain: Encodings): Encodings {
  return {
    // Each of these is whole in itself, so that the one before it does not matter.
    "last-price": positioned(plain["last-price"], placeFields),
    ticker: positioned(plain.ticker, placeFields),
    position: positioned(positions, placeFields),
    trades: positioned(plain.trades, messageFields),
    candles: positioned(plain.candles, messageFields),
    orders: positioned(plain.orders, messageFields),
    fills: positioned(plain.fills, messageFields),
    balances: positioned(plain.balances, messageFields),
    depth: positioned(
      alike(plain.depth),
      (place, update) => `${messageFields(place)},"crc":${checksumOf(update)}`,
    ),
  };
}

/** The same wherever they are published: without what is told again because somebody has read the book. */
function alike({ encode, ...others }: Encoding<"depth">): Encoding<"depth"> {
  return {
    ...others,
    encode: (topic, update, place) => encode(topic, { ...update, ...update.sinceLast }, place),
  };
}

function positioned<Kind extends Topic["kind"]>(
  { encode }: Encoding<Kind>,
  fields: (place: MessagePlace, update: Parameters<Encoding<Kind>["encode"]>[1]) => string,
): Encoding<Kind> {
  return {
    name: positionedName,
    tellsPositions: true,
    encode(topic, update, place) {
      assert(place !== undefined, "who tells positions is told them");
      return withFields(encode(topic, update), fields(place, update));
    },
  };
}

function checksumOf(update: DepthUpdate): number {
  const { asks, bids } = update.full ? update : bestOf(update);
  const texts = (levels: DepthUpdate["asks"]): readonly LevelTexts[] =>
    levels
      .slice(0, checkedLevels)
      .map(({ price, quantity }) => [priceText(update, price), quantityText(update, quantity)]);
  return bookChecksum(texts(asks), texts(bids));
}

function bestOf({ best }: DepthUpdate): NonNullable<DepthUpdate["best"]> {
  assert(best !== undefined, "changes of a book that is checked come with its best levels");
  return best;
}
