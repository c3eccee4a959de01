/** Something that is asked for when a part of the page is shown, and again when its question is another one. */
import { useEffect, useState } from "preact/hooks";
import type { PanelState } from "../design/panel.tsx";

/** What was loaded, and how the panel around it looks. */
export interface Loaded<Value> {
  readonly value: Value | undefined;
  readonly state: PanelState;
  /** Asks again and keeps what there is until the answer is there. */
  again(): void;
}

/** Asks each time when `key` is another one; an answer to an older question is left. */
export function useLoaded<Value>(key: string, question: () => Promise<Value>): Loaded<Value> {
  const [held, setHeld] = useState<{ key: string; value: Value } | undefined>(undefined);
  const [fault, setFault] = useState<string | undefined>(undefined);
  const [count, setCount] = useState(0);
  useEffect(() => {
    let isWanted = true;
    setFault(undefined);
    question().then(
      (value) => isWanted && setHeld({ key, value }),
      (error: Error) => isWanted && setFault(error.message),
    );
    return () => {
      isWanted = false;
    };
  }, [key, count]);
  const again = () => setCount((now) => now + 1);
  const value = held?.key === key ? held.value : undefined;
  if (fault !== undefined && value === undefined)
    return { value, again, state: { is: "failed", text: fault, retry: again } };
  return { value, again, state: { is: value === undefined ? "loading" : "ready" } };
}
