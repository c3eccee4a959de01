/** The work of the thread that writes: one request after another, to the files of a folder. */

import { existsSync } from "node:fs";
import { DatasetWriter } from "./dataset-writer.ts";
import type { FromWriter, WriteRequest } from "./messages.ts";
import { writeOfNothing } from "./nothing-stored.ts";
import { datasetFile, toDatasetFailure } from "./open-file.ts";
import { OpenFiles } from "./open-files.ts";

/** Writes the files of a folder. */
export class DatasetWrites {
  readonly #folder: string;
  readonly #files: OpenFiles<DatasetWriter>;

  /** `busyTimeoutMs` is how long a request waits for another process that writes to the same file. */
  constructor(folder: string, busyTimeoutMs?: number) {
    this.#folder = folder;
    this.#files = new OpenFiles(
      (dataset) => new DatasetWriter(datasetFile(folder, dataset), busyTimeoutMs),
    );
  }

  /** Does what is asked, wholly or not at all. */
  answer(request: WriteRequest): FromWriter {
    const { dataset } = request;
    const file = datasetFile(this.#folder, dataset);
    try {
      const ofNothing = existsSync(file) ? undefined : writeOfNothing(request);
      if (ofNothing !== undefined) return ofNothing;
      const answer = this.#files.get(dataset)!.write(request);
      if (answer.kind === "failure") this.#files.drop(dataset);
      return answer;
    } catch (error) {
      const failure = toDatasetFailure(error, file);
      if (failure === undefined) throw error;
      return failure;
    }
  }

  close(): void {
    this.#files.closeAll();
  }
}
