/**
 * Takes secrets out of text that is about to be written to a log. It knows secrets by their shape and
 * by the names in front of them, and rather takes out too much than too little.
 */

/** What stands in place of a secret. */
export const redacted = "[redacted]";

/**
 * A long run of hex digits, wherever it stands: API keys (32 hex digits and two more letters or
 * digits), tokens and hashes (64) and signatures (32). The rest of the word goes with it, so that no
 * tail stays; ids of 8 hex digits stay readable.
 */
const longHex = /[0-9a-f]{32}[0-9a-z]*/gi;

const secretName = "api[-_ ]?key|token|secret|password|(?<![a-z])sign(?:ature)?";

/** `=` or `:`, plain or percent-encoded any number of times, with quotes, escapes and blanks around. */
const separator = String.raw`[\s"'\\]{0,16}(?:[=:]|%(?:25)*3[ad])[\s"'\\]{0,16}`;

/** `apikey=VALUE` and the like, in addresses, JSON and plain text. */
const namedSecret = new RegExp(String.raw`(${secretName})(${separator})[^\s"'\\&<>]+`, "gi");

/** `Authorization: anything`, to the end of the line or of the quoted text. */
const authorization = new RegExp(String.raw`(authorization)(${separator})[^"'\\\r\n]+`, "gi");

/** `Bearer VALUE` and `apikey VALUE` on their own; a value has a digit, words of a sentence do not. */
const schemeSecret = /\b(bearer|basic|apikey)(\s{1,16})(?=[^\s\d]*\d)[^\s"'\\&<>]+/gi;

/** Names of fields whose whole value is a secret. */
const secretField = /^(?:api[-_]?key|key|token|secret|password|authorization|sign|signature)$/i;

/** The text without its secrets. */
export function redact(text: string): string {
  return text
    .replace(longHex, redacted)
    .replace(authorization, `$1$2${redacted}`)
    .replace(namedSecret, `$1$2${redacted}`)
    .replace(schemeSecret, `$1$2${redacted}`);
}

/** Whether a field of this name holds a secret, whatever its value looks like. */
export function isSecretField(name: string): boolean {
  return secretField.test(name);
}
