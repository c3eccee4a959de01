import fc from "fast-check";
import { expect, it } from "vitest";
import { anyCharacter } from "../../../../test/support/any-character.ts";
import { rounds } from "../../../../test/support/rounds.ts";
import { createLog } from "./log.ts";

const hexDigits = [..."0123456789abcdef"];
const hex = (length: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...hexDigits), minLength: length, maxLength: length });

const tail = fc.string({
  unit: fc.constantFrom(..."0123456789abcdefghijklmnopqrstuvwxyz"),
  minLength: 2,
  maxLength: 2,
});
const apiKey = fc.tuple(hex(32), tail).map((parts) => parts.join(""));
const secret = fc.oneof(apiKey, hex(64));

/** What may stand before and after a secret: all kinds of text, and text made to confuse. */
const around = fc.oneof(
  fc.string({ unit: anyCharacter }),
  fc.string({ unit: fc.constantFrom(...hexDigits, "=", "&", "%", '"', "\\", " ", "\n") }),
  fc.constantFrom("apikey=", "token=", "Authorization: apikey ", "%3D", "&apikey=", '{"token":"'),
);
const wrap = fc.constantFrom<(text: string) => string>(
  (text) => text,
  encodeURIComponent,
  (text) => JSON.stringify(text),
  (text) => JSON.stringify({ url: JSON.stringify(text) }),
  (text) => `wss://host:1/v1?apikey=${text}&x=1`,
  (text) => `GET /v1?next=${encodeURIComponent(`/v1?apikey=${text}`)} HTTP/1.1`,
  (text) => text.toUpperCase(),
);

it.each([false, true])(
  "a written line never holds the key that was logged (pretty: %s)",
  (pretty) => {
    fc.assert(
      fc.property(
        fc.record({ secret, before: around, after: around, wrap, field: fc.string() }),
        (input) => {
          const lines: string[] = [];
          const destination = { write: (line: string) => void lines.push(line) };
          const log = createLog({ level: "debug", destination, pretty });
          // Half a character cannot be percent-encoded.
          const text = input.wrap(`${input.before}${input.secret}${input.after}`.toWellFormed());

          log.info(text);
          log.warn("a client came", { [input.field]: text });
          log.error("a client came", { [text]: 1 });

          expect(lines).toHaveLength(3);
          for (const line of lines) expect(line.toLowerCase()).not.toContain(input.secret);
        },
      ),
      { numRuns: rounds(400, 1_000) },
    );
  },
);
