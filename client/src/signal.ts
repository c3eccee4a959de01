/** Something that can be listened to. A listener that throws harms neither its neighbours nor who emits. */
export class Signal<T> {
  readonly #listeners = new Set<(value: T) => void>();

  /** Calls the listener with each value from now on; the returned function ends that. */
  listen(listener: (value: T) => void): () => void {
    // An own function for each call, so that who listens twice ends one of both.
    const own = (value: T) => listener(value);
    this.#listeners.add(own);
    return () => this.#listeners.delete(own);
  }

  /** Tells all who listen. */
  emit(value: T): void {
    for (const listener of this.#listeners) tell(listener, value);
  }

  /** How many listen. */
  get size(): number {
    return this.#listeners.size;
  }
}

/** Calls a function of the program. What it throws becomes an unhandled rejection, which is where it is seen. */
export function tell<T>(listener: (value: T) => void, value: T): void {
  try {
    listener(value);
  } catch (error) {
    void Promise.reject(error);
  }
}
