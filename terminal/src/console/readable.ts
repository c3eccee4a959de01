/** A JSON text with a line for each of its parts. It is cut up and not read, so that every digit stays as it was sent. */

/** A text in quotes, brackets with nothing between them, a sign, or anything else. */
const pieces = /"(?:[^"\\]|\\.)*"?|\{\s*\}|\[\s*\]|[{}[\],:]|[^"{}[\],:]+/gs;

/** See the head of the file; whatever else the text is comes back cut up in the same way. */
export function readable(text: string): string {
  let indent = "";
  return text.replace(pieces, (piece) => {
    switch (piece) {
      case "{":
      case "[":
        indent += "  ";
        return `${piece}\n${indent}`;
      case "}":
      case "]":
        indent = indent.slice(2);
        return `\n${indent}${piece}`;
      case ",":
        return `,\n${indent}`;
      case ":":
        return ": ";
      default:
        return piece.startsWith('"') ? piece : piece.replace(/\s+/g, " ").trim();
    }
  });
}
