/** What commands say about limits, fees and rules, as bytes of the log and back. */
import type { FeeChoice, Genesis, SetLimits, SetMarketRules } from "../core/commands.ts";
import type { FeeRates, FeeStep } from "../core/market/fees.ts";
import type { MarketRules } from "../core/market/rules.ts";
import type { Decimal } from "../core/num/decimal.ts";
import type { Lots } from "../core/num/units.ts";
import type { ChangeableLimits, ExchangeLimits } from "../core/parameters.ts";
import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { pick, readAtoms } from "./codec-values.ts";

// The order of each list is that of the log.
const changeableLimits: readonly (keyof ChangeableLimits)[] = [
  "openOrdersMax",
  "openOrdersPerUserMax",
  "usersMax",
  "marketsMax",
];
const allLimits: readonly (keyof ExchangeLimits)[] = [
  ...changeableLimits,
  "closedClientIdsPerUserMax",
  "transferKeysPerUserMax",
];
const feeTargets: readonly FeeChoice["of"][] = ["default", "market", "user"];

export function writeGenesis(writer: ByteWriter, { rulesVersion, limits, fees }: Genesis): void {
  writer.whole(rulesVersion);
  for (const name of allLimits) writer.whole(limits[name]);
  writer.text(fees.referenceCurrency);
  writeSteps(writer, fees.steps);
}

export function readGenesis(reader: ByteReader): Omit<Genesis, "kind"> {
  const rulesVersion = reader.whole();
  const limits = allLimits.map((name) => [name, reader.whole()] as const);
  return {
    rulesVersion,
    limits: given<ExchangeLimits>(limits),
    fees: { referenceCurrency: reader.text(), steps: readSteps(reader) },
  };
}

export function writeLimitChanges(writer: ByteWriter, changes: SetLimits["changes"]): void {
  for (const name of changeableLimits) {
    writeWhen(writer, changes[name], (value) => writer.whole(value));
  }
}

export function readLimitChanges(reader: ByteReader): SetLimits["changes"] {
  return given(changeableLimits.map((name) => [name, readWhen(reader, readWhole)]));
}

export function writeRules(writer: ByteWriter, rules: MarketRules): void {
  for (const text of [rules.code, rules.base, rules.quote]) writer.text(text);
  writeStep(writer, rules.tickSize);
  writeStep(writer, rules.lotSize);
  writer.whole(rules.baseMin);
  writer.whole(rules.baseMax);
  writer.amount(rules.quoteMin);
  writer.amount(rules.quoteMax);
  writer.whole(rules.marketOrderBandPpm);
}

export function readRules(reader: ByteReader): MarketRules {
  return {
    code: reader.text(),
    base: reader.text(),
    quote: reader.text(),
    tickSize: readStep(reader),
    lotSize: readStep(reader),
    baseMin: reader.whole() as Lots,
    baseMax: reader.whole() as Lots,
    quoteMin: readAtoms(reader),
    quoteMax: readAtoms(reader),
    marketOrderBandPpm: reader.whole(),
  };
}

function writeStep(writer: ByteWriter, { coefficient, scale }: Decimal): void {
  writer.whole(coefficient);
  writer.whole(scale);
}

function readStep(reader: ByteReader): Decimal {
  return { coefficient: reader.whole(), scale: reader.whole() };
}

export function writeRuleChanges(writer: ByteWriter, changes: SetMarketRules["changes"]): void {
  writeWhen(writer, changes.tickSize, (step) => writeStep(writer, step));
  writeWhen(writer, changes.lotSize, (step) => writeStep(writer, step));
  writeWhen(writer, changes.baseMin, (lots) => writer.whole(lots));
  writeWhen(writer, changes.baseMax, (lots) => writer.whole(lots));
  writeWhen(writer, changes.quoteMin, (atoms) => writer.amount(atoms));
  writeWhen(writer, changes.quoteMax, (atoms) => writer.amount(atoms));
  writeWhen(writer, changes.marketOrderBandPpm, (ppm) => writer.whole(ppm));
}

export function readRuleChanges(reader: ByteReader): SetMarketRules["changes"] {
  return given([
    ["tickSize", readWhen(reader, readStep)],
    ["lotSize", readWhen(reader, readStep)],
    ["baseMin", readWhen(reader, readWhole)],
    ["baseMax", readWhen(reader, readWhole)],
    ["quoteMin", readWhen(reader, readAtoms)],
    ["quoteMax", readWhen(reader, readAtoms)],
    ["marketOrderBandPpm", readWhen(reader, readWhole)],
  ]);
}

export function writeFees(writer: ByteWriter, fees: FeeChoice): void {
  writer.byte(feeTargets.indexOf(fees.of));
  if (fees.of === "default") {
    writeSteps(writer, fees.steps);
    return;
  }
  writer.text(fees.of === "market" ? fees.market : fees.user);
  writeWhen(writer, fees.rates, (rates) => writeRates(writer, rates));
}

export function readFees(reader: ByteReader): FeeChoice {
  const of = pick(feeTargets, reader.byte());
  if (of === "default") return { of, steps: readSteps(reader) };
  const name = reader.text();
  const rates = readWhen(reader, readRates);
  return of === "market" ? { of, market: name, rates } : { of, user: name, rates };
}

function writeSteps(writer: ByteWriter, steps: readonly FeeStep[]): void {
  writer.whole(steps.length);
  for (const step of steps) {
    writer.amount(step.fromTurnover);
    writeRates(writer, step);
  }
}

function readSteps(reader: ByteReader): readonly FeeStep[] {
  const count = reader.whole();
  const steps: FeeStep[] = [];
  while (steps.length < count && !reader.faulty) {
    steps.push({ fromTurnover: readAtoms(reader), ...readRates(reader) });
  }
  return steps;
}

function writeRates(writer: ByteWriter, { makerPpm, takerPpm }: FeeRates): void {
  writer.signed(makerPpm);
  writer.signed(takerPpm);
}

function readRates(reader: ByteReader): FeeRates {
  return { makerPpm: reader.signed(), takerPpm: reader.signed() };
}

function readWhole(reader: ByteReader): number {
  return reader.whole();
}

function writeWhen<Value>(
  writer: ByteWriter,
  value: Value | undefined,
  write: (value: Value) => void,
): void {
  writer.byte(value === undefined ? 0 : 1);
  if (value !== undefined) write(value);
}

function readWhen<Value>(
  reader: ByteReader,
  read: (reader: ByteReader) => Value,
): Value | undefined {
  return reader.byte() === 0 ? undefined : read(reader);
}

/** A record of what was written; what was left out stays away. */
function given<Changes>(entries: readonly (readonly [keyof Changes & string, unknown])[]): Changes {
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Changes;
}
