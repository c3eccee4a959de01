/**
 * Finds the folder of recorded market data that tests on real recordings read. The recordings are too
 * large and too diversely licensed to live in the repository, so these tests are skipped without it.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

/** Environment variable that names the folder. */
export const recordedDataVariable = "OPENBOURSE_TEST_DATA";

/** Part of a skipped test's name: says why it did not run. */
export const recordedDataMissing: string = `skipped: no recorded data, set ${recordedDataVariable} to its folder`;

const besideTheRepository = resolve(import.meta.dirname, "../../../shared/data");

/** The folder that holds `trades/`, `klines/` and others; undefined where there is none. */
export function recordedDataFolder(): string | undefined {
  const folder = process.env[recordedDataVariable] ?? besideTheRepository;
  return existsSync(join(folder, "trades")) ? folder : undefined;
}
