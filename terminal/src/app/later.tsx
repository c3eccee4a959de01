/** A page whose code is loaded when it is first shown. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Panel } from "../design/panel.tsx";

/** Makes a component of one that is loaded on demand. */
export function later(title: string, load: () => Promise<ComponentType>): ComponentType {
  let loaded: ComponentType | undefined;
  return function Later() {
    const [, setCount] = useState(0);
    const [failure, setFailure] = useState<string | undefined>(undefined);
    useEffect(() => {
      if (loaded !== undefined || failure !== undefined) return;
      load().then(
        (component) => {
          loaded = component;
          setCount((count) => count + 1);
        },
        () => setFailure("This page could not be loaded: the server did not answer."),
      );
    }, [failure]);
    if (loaded !== undefined) {
      const Page = loaded;
      return <Page />;
    }
    if (failure === undefined) return <Panel title={title} state={{ is: "loading" }} />;
    const retry = () => setFailure(undefined);
    return <Panel title={title} state={{ is: "failed", text: failure, retry }} />;
  };
}
