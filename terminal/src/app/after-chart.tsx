/**
 * What stands beside the chart. To run and draw it takes the browser as long as the chart itself, so it is begun when the
 * first candles are drawn, or a little later where none have come. Until then each part shows its skeleton.
 */
import { effect, type Signal, signal } from "@preact/signals";
import { Panel } from "../design/panel.tsx";
import { hasDrawn } from "../market/chart/chart-store.ts";
import { currentPage } from "./route.ts";

type Parts = typeof import("./beside-chart.ts");

/** For the first candles to be drawn, in milliseconds: a chart that has to wait keeps nobody from the rest. */
const waitMsMax = 700;

const parts: Signal<Parts | undefined> = signal(undefined);
const hasFailed = signal(false);

function load(): void {
  hasFailed.value = false;
  import("./beside-chart.ts").then(
    (loaded) => {
      parts.value = loaded;
    },
    () => {
      hasFailed.value = true;
    },
  );
}

/** Begins with all of it as soon as it is time. */
export function startBesideChart(): void {
  let hasBegun = false;
  const begin = () => {
    if (!hasBegun) load();
    hasBegun = true;
  };
  setTimeout(begin, waitMsMax);
  effect(() => {
    if (currentPage.value !== "/") begin();
    // After the frame in which the candles are painted, which a hidden page never has.
    else if (hasDrawn.value) requestAnimationFrame(() => setTimeout(begin));
  });
}

/** One of the parts; with a title it has a skeleton. */
export function Beside({ part, title }: { readonly part: keyof Parts; readonly title?: string }) {
  const Part = parts.value?.[part];
  if (Part !== undefined) return <Part />;
  if (title === undefined) return null;
  if (!hasFailed.value) return <Panel title={title} state={{ is: "loading" }} />;
  const text = "This part could not be loaded: the server did not answer.";
  return <Panel title={title} state={{ is: "failed", text, retry: load }} />;
}
