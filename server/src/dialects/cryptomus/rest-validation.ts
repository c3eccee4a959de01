/**
 * Reads the input of a request by its schema: every fault is found, and each is said in the stock
 * texts of the validator that the protocol's owner uses (docs/protocols/cryptomus, Refusals). Null and the empty text count
 * as not given. A field that an operation does not take is a fault in a body: MD5 signs the body and
 * not the path, so a body must say by itself what it is for, and a misspelt field is lost to nobody.
 * In a query, which is never signed by MD5, it is ignored.
 */

import { quotedTextMax } from "../kit/quoted.ts";
import { type Amount, readAmount } from "./rest-amounts.ts";
import { parse } from "./rest-body.ts";
import { type Field, type InputSchema, noFields } from "./schemas.ts";

/** One thing that is wrong with an input. */
export interface InputFault {
  readonly property: string;
  readonly value: string | number | boolean | null;
  readonly message: string;
}

/** Checked fields, or everything that is wrong. */
export type Checked<Fields> =
  | { readonly kind: "checked"; readonly fields: Fields }
  | { readonly kind: "faulty"; readonly faults: readonly InputFault[] };

/** Most fields that no operation takes of which a reply speaks. */
export const unexpectedFieldsMax = 20;

/** Texts of the validator; `{0}` and `{1}` are put in. */
export const faultTexts = {
  blank: "This value should not be blank.",
  notBlank: "This value should be blank.",
  unexpected: "This field was not expected.",
  choice: "The value you selected is not a valid choice.",
  positive: "This value should be positive.",
  invalid: "This value is not valid.",
  json: "This value should be valid JSON.",
  type: "This value should be of type {0}.",
  range: "This value should be between {0} and {1}.",
  long: "This value is too long. It should have {0} characters or less.",
} as const;

interface ObjectSchema {
  readonly properties: Readonly<Record<string, Field>>;
  readonly required?: readonly string[];
}

/** Checks a JSON body. An empty one is an object without fields. */
export function checkBody<Fields>(schema: InputSchema<Fields>, body: string): Checked<Fields> {
  const { properties } = objectSchema(schema);
  const isDecimal = (name: string) => isDecimalField(fieldOf(properties, name));
  const parsed = body.trim() === "" ? {} : parse(body, isDecimal);
  if (parsed === undefined) return bodyFault(faultTexts.json);
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    return bodyFault(filled(faultTexts.type, "object"));
  }
  const input = parsed as Readonly<Record<string, unknown>>;
  const unexpected = unexpectedFields(properties, input);
  const checked = checkInput(schema, input);
  if (unexpected.length === 0) return checked;
  const faults = checked.kind === "faulty" ? checked.faults : [];
  return { kind: "faulty", faults: [...faults, ...unexpected] };
}

/** What clients send for no body besides an object without fields; `[]` is PHP's empty object. */
const noBody = /^\s*(?:\[\s*\]|null)?\s*$/;

/** What is wrong with the body of an operation that takes none. */
export function bodyFaults(body: string): readonly InputFault[] {
  if (noBody.test(body)) return [];
  const checked = checkBody(noFields, body);
  return checked.kind === "faulty" ? checked.faults : [];
}

function unexpectedFields(
  properties: ObjectSchema["properties"],
  input: Readonly<Record<string, unknown>>,
): readonly InputFault[] {
  const faults: InputFault[] = [];
  for (const [name, value] of Object.entries(input)) {
    if (isBlank(value) || fieldOf(properties, name) !== undefined) continue;
    if (faults.length === unexpectedFieldsMax) break;
    const message = faultTexts.unexpected;
    faults.push({ property: quoted(name), value: shown(value), message });
  }
  return faults;
}

function fieldOf(properties: ObjectSchema["properties"], name: string): Field | undefined {
  return Object.hasOwn(properties, name) ? properties[name] : undefined;
}

function bodyFault(message: string): Checked<never> {
  return { kind: "faulty", faults: [{ property: "body", value: null, message }] };
}

/** Checks query parameters, or the fields of a body. */
export function checkInput<Fields>(
  schema: InputSchema<Fields>,
  input: Readonly<Record<string, unknown>>,
): Checked<Fields> {
  const { properties, required = [] } = objectSchema(schema);
  const faults: InputFault[] = [];
  const fields: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(properties)) {
    const value = Object.hasOwn(input, name) ? input[name] : undefined;
    const checked = checkField(field, value, required.includes(name));
    if ("fault" in checked) {
      faults.push({ property: name, value: shown(value), message: checked.fault });
    } else if (checked.value !== undefined) {
      fields[name] = checked.value;
    }
  }
  return faults.length > 0
    ? { kind: "faulty", faults }
    : { kind: "checked", fields: fields as Fields };
}

function objectSchema(schema: InputSchema<unknown>): ObjectSchema {
  return schema as unknown as ObjectSchema;
}

type CheckedField = { readonly value: unknown } | { readonly fault: string };

function checkField(schema: Field, value: unknown, isRequired: boolean): CheckedField {
  if (isBlank(value)) {
    return isRequired ? { fault: faultTexts.blank } : { value: defaultOf(schema) };
  }
  if ("format" in schema) return checkDecimal(value);
  if ("enum" in schema) {
    return schema.enum.includes(value) ? { value } : { fault: faultTexts.choice };
  }
  return schema.type === "integer" ? checkInteger(schema, value) : checkText(schema, value);
}

function isDecimalField(schema: Field | undefined): boolean {
  return schema !== undefined && "format" in schema;
}

function defaultOf(schema: object): unknown {
  return "default" in schema ? schema.default : undefined;
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

function checkDecimal(value: unknown): CheckedField {
  const amount = typeof value === "string" ? readAmount(value) : "not-a-number";
  if (amount === "not-a-number") return { fault: filled(faultTexts.type, "numeric") };
  if (amount === "not-positive") return { fault: faultTexts.positive };
  return { value: amount satisfies Amount };
}

const integerPattern = /^\d{1,9}$/;

function checkInteger(
  { minimum, maximum }: { readonly minimum: number; readonly maximum: number },
  value: unknown,
): CheckedField {
  if (typeof value !== "string" || !integerPattern.test(value)) {
    return { fault: filled(faultTexts.type, "integer") };
  }
  const count = Number(value);
  if (count >= minimum && count <= maximum) return { value: count };
  return { fault: outOfRange(minimum, maximum) };
}

/** The text about a number that is not within its range. */
export function outOfRange(minimum: number, maximum: number): string {
  return filled(faultTexts.range, minimum, maximum);
}

function checkText({ maxLength }: { readonly maxLength: number }, value: unknown): CheckedField {
  if (typeof value !== "string") return { fault: filled(faultTexts.type, "string") };
  if (value.length > maxLength) return { fault: filled(faultTexts.long, maxLength) };
  // A lone surrogate has no UTF-8 form, so it could be neither stored nor answered.
  return value.isWellFormed() ? { value } : { fault: faultTexts.invalid };
}

function filled(text: string, ...values: readonly (string | number)[]): string {
  return values.reduce<string>(
    (result, value, index) => result.replace(`{${index}}`, String(value)),
    text,
  );
}

function shown(value: unknown): InputFault["value"] {
  switch (typeof value) {
    case "string":
      return quoted(value);
    case "number":
    case "boolean":
      return value;
    default:
      return null;
  }
}

/** A client's text, cut to {@link quotedTextMax} so that it may be repeated. */
export function quoted(text: string): string {
  return text.slice(0, quotedTextMax).toWellFormed();
}
