/** The exchange's state as bytes of a snapshot, and back: JSON in UTF-8, written without Node. */
import type { Exchange } from "../core/exchange.ts";

/** What `Exchange.snapshot` gives. */
export type ExchangeState = ReturnType<Exchange["snapshot"]>;

const formats: Readonly<Record<ExchangeState["version"], string>> = {
  1: "exchange-json-1",
  2: "exchange-json-2",
};

/** Name of the encoding of a state, kept beside each snapshot. */
export function stateFormatOf({ version }: ExchangeState): string {
  return formats[version];
}

/** Whether states of a named encoding can be read. */
export function isStateFormat(name: string): boolean {
  return Object.values(formats).includes(name);
}

/** The bytes of a state. All its texts are ASCII after JSON escaping of what is not. */
export function encodeState(state: ExchangeState): Uint8Array {
  const text = JSON.stringify(state);
  return asciiBytes(text) ?? asciiBytes(text.replace(/[\u0080-\uffff]/g, escapeUnit))!;
}

/** Undefined when some character is not ASCII. The exchange stands still meanwhile, hence one pass. */
function asciiBytes(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) return undefined;
    bytes[at] = code;
  }
  return bytes;
}

/** The state of bytes; undefined when they are not JSON. */
export function decodeState(bytes: Uint8Array): ExchangeState | undefined {
  try {
    return JSON.parse(asciiText(bytes)) as ExchangeState;
  } catch {
    // The store has checked the bytes, so this is a state of another program, not damage.
    return undefined;
  }
}

const chunkLength = 8_192;

function asciiText(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += chunkLength) {
    // Spread into arguments, bytes go through an iterator, which takes ten times as long.
    parts.push(Reflect.apply(String.fromCharCode, undefined, bytes.subarray(at, at + chunkLength)));
  }
  return parts.join("");
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
