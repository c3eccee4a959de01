/** The dataset that a command reads or writes in a data folder. */
import { existingDataFolder } from "../../config/data-folder.ts";
import { localDataset } from "../../config/load.ts";
import type { Config, DatasetConfig } from "../../config/schema.ts";
import { nearest } from "../../ports/nearest.ts";

/** A dataset, and the folder in which datasets are stored. */
export interface StoredDataset {
  readonly dataset: DatasetConfig;
  readonly folder: string;
}

/** Whether a dataset is that of the exchange's own trades, which its history keeps. */
export function isOfExchange({ exchange }: Config, code: string): boolean {
  return exchange.enabled && code === localDataset;
}

/** Finds a configured dataset; a text says why there is none. Throws a `MissingError` without a data folder. */
export function storedDataset(config: Config, code: string): StoredDataset | string {
  const folder = existingDataFolder(config.data).datasetsFolder;
  if (isOfExchange(config, code)) {
    return `dataset ${code} is what the exchange itself has traded, and nothing else can be put there: name another dataset of the configuration`;
  }
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
