/**
 * Writes a JSON value as YAML 1.2 in block style. Texts stand in double quotes as in JSON, which YAML reads
 * alike, so nothing of them can be taken for something else.
 */

const plainKey = /^[A-Za-z_$][\w$.-]*$/;

/** Words that a reader of older YAML takes for something else than a text. */
const wordsOfYaml: ReadonlySet<string> = new Set([
  ...["true", "false", "null", "y", "n"],
  ...["yes", "no", "on", "off"],
]);

/** The text, which ends with a line break. */
export function yamlText(value: unknown): string {
  const lines: string[] = [];
  write(value, "", "", lines);
  return `${lines.join("\n")}\n`;
}

/** Writes a value behind its key or dash: on the same line, or on lines of its own. */
function write(value: unknown, head: string, indent: string, lines: string[]): void {
  const isList = Array.isArray(value);
  if (!isList && (typeof value !== "object" || value === null)) {
    lines.push(joined(head, JSON.stringify(value)));
    return;
  }
  const parts = isList ? value : Object.values(value);
  if (parts.length === 0) {
    lines.push(joined(head, isList ? "[]" : "{}"));
    return;
  }
  const heads = isList ? undefined : Object.keys(value).map((key) => `${keyText(key)}:`);
  // The first line of an item stands beside its dash, anything else below its key.
  const isBesideDash = head.endsWith("-");
  if (head !== "" && !isBesideDash) lines.push(head);
  for (const [index, part] of parts.entries()) {
    const own = heads?.[index] ?? "-";
    const start = index === 0 && isBesideDash ? `${head} ${own}` : indent + own;
    write(part, start, `${indent}  `, lines);
  }
}

function joined(head: string, text: string): string {
  return head === "" ? text : `${head} ${text}`;
}

function keyText(key: string): string {
  return plainKey.test(key) && !wordsOfYaml.has(key) ? key : JSON.stringify(key);
}
