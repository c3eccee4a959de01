/** The same bars for connections that asked for positions (docs/protocols/positions). */
import { assert } from "../../core/assert.ts";
import type { Encoding } from "../../ports/dialect.ts";
import { messageFields, placeFields, withFields } from "../kit/positions.ts";
import { currentBars, firstGenerationBars } from "./encode.ts";
import { secondUs } from "./seconds.ts";

/** Bars with positions for clients of each generation. */
export const positionedBars: Encoding<"bars"> = positioned(currentBars);
export const positionedFirstGenerationBars: Encoding<"bars"> = positioned(firstGenerationBars);

/** Up to where everything of a dataset was sent; sent to connections with positions only. */
export const positions: Encoding<"position"> = {
  name: "finazon-position",
  tellsPositions: true,
  encode({ dataset }, { timeUs }, place) {
    assert(place !== undefined, "who tells positions is told them");
    const timeS = Math.floor(timeUs / secondUs);
    return `{"d":${JSON.stringify(dataset)},"ch":"position","t":${timeS},${placeFields(place)}}`;
  },
};

/** A bar with its position, how often it was revised, and whether its minute is over. */
function positioned({ name, encode }: Encoding<"bars">): Encoding<"bars"> {
  return {
    name: `${name}-positions`,
    tellsPositions: true,
    encode(topic, bar, place) {
      assert(place !== undefined, "who tells positions is told them");
      const state = `"rev":${bar.revision},"closed":${bar.state !== "open"}`;
      return withFields(encode(topic, bar), `${messageFields(place)},${state}`);
    },
  };
}
