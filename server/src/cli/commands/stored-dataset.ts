/** The dataset that a command reads or writes in a data folder. */
import { existingDataFolder } from "../../config/data-folder.ts";
import type { Config, DatasetConfig } from "../../config/schema.ts";
import { nearest } from "../../ports/nearest.ts";

/** A dataset, and the folder in which datasets are stored. */
export interface StoredDataset {
  readonly dataset: DatasetConfig;
  readonly folder: string;
}

/** Finds a configured dataset; a text says why there is none. Throws a `MissingError` without a data folder. */
export function storedDataset(config: Config, code: string): StoredDataset | string {
  const folder = existingDataFolder(config.data).datasetsFolder;
  const dataset = config.datasets.find((one) => one.code === code);
  if (dataset?.history.store === false) {
    return `dataset ${code} does not keep its past: with history.store: true in its configuration it does`;
  }
  if (dataset !== undefined) return { dataset, folder };
  const codes = config.datasets.map((one) => one.code);
  const near = nearest(code, codes);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  return `there is no dataset ${code}${hint} (datasets of the configuration: ${codes.join(", ")})`;
}
