/**
 * The fields of a JSON object as their sender wrote them, digit by digit: `1.50` stays `1.50`. It reads
 * the outermost object only, however deep what lies in it is nested, and judges nothing.
 */

/**
 * The JSON texts of the wanted fields of the outermost object; of a name that comes twice the last one
 * counts, as in `JSON.parse`. Fields that hold an object or array are left out. `json` has to be JSON.
 */
export function fieldTexts(
  json: string,
  isWanted: (name: string) => boolean,
): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  let name: string | undefined;
  for (const token of outermostTokens(json)) {
    if (name === undefined) {
      name = nameOf(token);
      continue;
    }
    if (token === container) texts.delete(name);
    else if (isWanted(name)) texts.set(name, token);
    name = undefined;
  }
  return texts;
}

/** Stands for an object or array among the tokens. */
const container = "{}";

/** Names and values of the outermost object by turns; each inner object or array is one {@link container}. */
function* outermostTokens(json: string): Generator<string> {
  let depth = 0;
  let at = 0;
  while (at < json.length) {
    const sign = json.charAt(at);
    const end = endOfToken(json, at, sign);
    if (opening.includes(sign)) {
      if (depth === 1) yield container;
      depth += 1;
    } else if (closing.includes(sign)) {
      depth -= 1;
    } else if (depth === 1 && !between.includes(sign)) {
      yield json.slice(at, end);
    }
    at = end;
  }
}

const opening = "{[";
const closing = "}]";
/** White space, and what stands between names and values. */
const between = " \t\r\n,:";
const ends = between + closing;

/** A text in quotes, a number or a word is one token; any other sign is one by itself. */
function endOfToken(json: string, start: number, sign: string): number {
  if (sign === '"') return endOfText(json, start);
  let end = start + 1;
  if (opening.includes(sign) || ends.includes(sign)) return end;
  while (end < json.length && !ends.includes(json.charAt(end))) end += 1;
  return end;
}

function endOfText(json: string, start: number): number {
  for (let at = start + 1; at < json.length; at += 1) {
    const sign = json.charAt(at);
    if (sign === '"') return at + 1;
    if (sign === "\\") at += 1;
  }
  return json.length;
}

function nameOf(token: string): string {
  return token.includes("\\") ? (JSON.parse(token) as string) : token.slice(1, -1);
}
