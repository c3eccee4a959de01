/** The files of datasets that a thread has open: the least recently used one is closed for another. */

/** Most files that a thread has open at once. */
export const openFilesMax = 32;

/** Something that holds a file open. */
interface Closable {
  close(): void;
}

/** Open files by dataset. */
export class OpenFiles<File extends Closable> {
  readonly #open: (dataset: string) => File | undefined;
  /** The one used last is last. */
  readonly #files = new Map<string, File>();

  constructor(open: (dataset: string) => File | undefined) {
    this.#open = open;
  }

  /** The file of a dataset, opened if it is not; undefined where there is none. */
  get(dataset: string): File | undefined {
    const file = this.#files.get(dataset) ?? this.#open(dataset);
    if (file === undefined) return undefined;
    this.#files.delete(dataset);
    this.#files.set(dataset, file);
    const [oldest] = this.#files.keys();
    if (this.#files.size > openFilesMax && oldest !== undefined) this.drop(oldest);
    return file;
  }

  /** Closes the file of a dataset, so that it is opened again when it is used again. */
  drop(dataset: string): void {
    const file = this.#files.get(dataset);
    this.#files.delete(dataset);
    file?.close();
  }

  closeAll(): void {
    for (const dataset of [...this.#files.keys()]) this.drop(dataset);
  }
}
