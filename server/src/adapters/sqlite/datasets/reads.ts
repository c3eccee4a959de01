/**
 * The work of the thread that reads: queries to the files of a folder. It answers with nothing that is
 * known to be damaged.
 */

import type { StorageFailure } from "../../../ports/storage-fault.ts";
import { DatasetFileReader, type Reading } from "./dataset-reader.ts";
import type { FromReader, ReadQuery, ReadRequest } from "./messages.ts";
import { readOfNothing } from "./nothing-stored.ts";
import { datasetFile, openForReading, toDatasetFailure } from "./open-file.ts";
import { OpenFiles } from "./open-files.ts";

/** How long a query may work before others have their turn, in milliseconds. */
const turnMs = 25;

/** After so many steps of a query the time is looked at. */
const stepsPerLook = 64;

/** Most queries that are begun and not answered. */
const begunMax = 1_024;

/** A query that was begun. */
interface Begun {
  readonly query: ReadQuery;
  readonly reader: DatasetFileReader;
  readonly reading: Reading;
}

/** Reads the files of a folder. */
export class DatasetReads {
  readonly #folder: string;
  readonly #files: OpenFiles<DatasetFileReader>;
  readonly #begun = new Map<number, Begun>();
  #lastId = 0;

  constructor(folder: string) {
    this.#folder = folder;
    this.#files = new OpenFiles((dataset) => {
      const database = openForReading(datasetFile(folder, dataset));
      return database && new DatasetFileReader(database);
    });
  }

  /** Answers a query, or says that it goes on later. */
  answer(request: ReadRequest): FromReader {
    if (request.kind === "leave") {
      if (request.id !== undefined) this.#begun.delete(request.id);
      return { kind: "busy", asker: "this" };
    }
    const begun = request.kind === "go-on" ? this.#begun.get(request.id) : undefined;
    if (request.kind === "go-on") this.#begun.delete(request.id);
    const query = request.kind === "go-on" ? begun?.query : request;
    if (query === undefined) return { kind: "busy", asker: "all" };
    const dataset = datasetOf(query);
    return this.#attempt(dataset, () => {
      const reader = this.#files.get(dataset);
      if (reader === undefined) return readOfNothing(query);
      // A file that was closed meanwhile for another one is read again from the beginning.
      const reading = begun?.reader === reader ? begun.reading : reader.read(query);
      const answer = reader.consistently(() => finishedOf(reading));
      if (answer !== undefined) return answer;
      return { kind: "unfinished", id: this.#keep({ query, reader, reading }) };
    });
  }

  /** Keeps a query until it goes on; whoever did not get to that for longest gives way. */
  #keep(begun: Begun): number {
    const [oldest] = this.#begun.keys();
    if (oldest !== undefined && this.#begun.size >= begunMax) this.#begun.delete(oldest);
    this.#lastId += 1;
    this.#begun.set(this.#lastId, begun);
    return this.#lastId;
  }

  close(): void {
    this.#files.closeAll();
  }

  #attempt(dataset: string, work: () => FromReader): FromReader {
    try {
      return work();
    } catch (error) {
      const failure: StorageFailure | undefined = toDatasetFailure(
        error,
        datasetFile(this.#folder, dataset),
      );
      if (failure === undefined) throw error;
      this.#files.drop(dataset);
      return failure;
    }
  }
}

/** What a query answers with; undefined when it has not come to it in its time. */
function finishedOf(reading: Reading): FromReader | undefined {
  const startMs = performance.now();
  for (let steps = 1; ; steps += 1) {
    const { done, value } = reading.next();
    if (done === true) return value;
    if (steps % stepsPerLook === 0 && performance.now() - startMs > turnMs) return undefined;
  }
}

function datasetOf(query: ReadQuery): string {
  return "dataset" in query ? query.dataset : query.query.dataset;
}
