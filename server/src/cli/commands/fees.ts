/** `fees` and `fees set`: what trades cost, while a server runs or not. */
import type { FeesChange, FeesRequest, ShownFees, ShownRates } from "../../admin/fees.ts";
import type { ConfigInput } from "../../config/load.ts";
import { administer } from "../admin-client.ts";
import { askAndPrint } from "./administration.ts";
import { refuse } from "./key-store.ts";

/** Fees as they are written on the command line. */
export interface SetFeesOptions {
  readonly market?: string;
  readonly user?: string;
  readonly anyUser?: true;
  /** Percent. */
  readonly maker?: string;
  readonly taker?: string;
  /** `turnover:maker:taker` each. */
  readonly step?: readonly string[];
  readonly none?: true;
  readonly json?: true;
}

/** Shows all fees. */
export function showFeesCommand(input: ConfigInput, json: boolean): Promise<number> {
  return askAndPrint(input, json, {
    ask: (config) => administer(config, "show-fees", {}),
    say: lines,
  });
}

/** Sets fees; resolves with the exit code. */
export async function setFeesCommand(input: ConfigInput, options: SetFeesOptions): Promise<number> {
  const request = requestOf(options);
  if (typeof request === "string") return refuse(request);
  return await askAndPrint(input, options.json === true, {
    ask: (config) => administer(config, "set-fees", request),
    say: (change) => [sentence(change)],
  });
}

function requestOf(options: SetFeesOptions): FeesRequest | string {
  const { market, user, anyUser, maker, taker, step, none } = options;
  if ((maker === undefined) !== (taker === undefined)) return "say both --maker and --taker";
  const steps: NonNullable<FeesRequest["steps"]> = [];
  for (const text of step ?? []) {
    const [turnover, makerPercent, takerPercent, ...more] = text.split(":");
    if (
      turnover === undefined ||
      makerPercent === undefined ||
      takerPercent === undefined ||
      more.length > 0
    ) {
      return `--step: "${text}" is no step: write turnover:maker:taker, for example 100000:0.06:0.095`;
    }
    steps.push({ turnover, makerPercent, takerPercent });
  }
  return {
    ...(market === undefined ? {} : { market }),
    ...(user === undefined ? {} : { user }),
    ...(anyUser === undefined ? {} : { anyUser }),
    ...(maker === undefined || taker === undefined
      ? {}
      : { rates: { makerPercent: maker, takerPercent: taker } }),
    ...(steps.length === 0 ? {} : { steps }),
    ...(none === undefined ? {} : { none }),
  };
}

function lines({ referenceCurrency, steps, markets, users }: ShownFees): readonly string[] {
  return [
    `everybody, by the turnover of 30 days in ${referenceCurrency}:`,
    ...steps.map((step) => `  from ${step.turnover.padEnd(12)}  ${ratesText(step)}`),
    ...section("markets with their own, which come before those:", markets, ({ market }) => market),
    ...section("users with their own, which come before all others:", users, ({ user }) => user),
  ];
}

function section<Row extends ShownRates>(
  title: string,
  rows: readonly Row[],
  nameOf: (row: Row) => string,
): readonly string[] {
  if (rows.length === 0) return [];
  return [title, ...rows.map((row) => `  ${nameOf(row).padEnd(17)}  ${ratesText(row)}`)];
}

function ratesText({ makerPercent, takerPercent }: ShownRates): string {
  return `maker ${makerPercent} %  taker ${takerPercent} %`;
}

function sentence({ of, from, to }: FeesChange): string {
  if (from === to) return `fees of ${of} are ${to}, as they were`;
  return `fees of ${of} are ${to}; they were ${from}`;
}
