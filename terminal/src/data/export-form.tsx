/** A part of the past as a file: chosen, made in this page, and handed to the browser. */
import { useRef, useState } from "preact/hooks";
import { announce } from "../app/announce.ts";
import { askFinazon as ask } from "../session/finazon.ts";
import { type Exported, type ExportRequest, exportRows, rowsMax } from "./export.ts";

const dayMs = 86_400_000;
const minuteMs = 60_000;

type Progress =
  | { readonly is: "idle" }
  | { readonly is: "running"; readonly rows: number }
  | { readonly is: "done"; readonly text: string }
  | { readonly is: "failed"; readonly text: string };

/** See the head of the file. */
export function ExportForm({
  dataset,
  ticker,
}: {
  readonly dataset: string;
  readonly ticker: string;
}) {
  const [what, setWhat] = useState<"bars" | "trades">("bars");
  const [format, setFormat] = useState<"csv" | "ndjson">("csv");
  const [from, setFrom] = useState(() => inputText(Date.now() - dayMs));
  const [to, setTo] = useState(() => inputText(Date.now() + minuteMs));
  const [progress, setProgress] = useState<Progress>({ is: "idle" });
  const run = useRef(0);
  const startMs = Date.parse(`${from}Z`);
  const endMs = Date.parse(`${to}Z`);
  const isRange = startMs <= endMs;
  const isRunning = progress.is === "running";
  const submit = (event: Event) => {
    event.preventDefault();
    run.current += 1;
    if (isRunning) {
      setProgress({ is: "idle" });
      return;
    }
    const mine = run.current;
    const isWanted = () => run.current === mine;
    void save({ dataset, ticker, what, format, startMs, endMs }, isWanted, setProgress);
  };
  return (
    <form class="data-form" onSubmit={submit} aria-label="Export">
      <label for="export-what">What</label>
      <select
        id="export-what"
        value={what}
        onChange={(event) => setWhat(event.currentTarget.value as "bars" | "trades")}
      >
        <option value="bars">Bars of a minute</option>
        <option value="trades">Trades</option>
      </select>
      <label for="export-format">Format</label>
      <select
        id="export-format"
        value={format}
        onChange={(event) => setFormat(event.currentTarget.value as "csv" | "ndjson")}
      >
        <option value="csv">CSV</option>
        <option value="ndjson">NDJSON: a JSON object a line</option>
      </select>
      <TimeField id="export-from" title="From (UTC)" value={from} onValue={setFrom} />
      <TimeField id="export-to" title="To (UTC)" value={to} onValue={setTo} />
      <button type="submit" class={isRunning ? "" : "primary"} disabled={!isRange}>
        {isRunning ? "Stop" : "Download"}
      </button>
      <output>{isRange ? textOf(progress) : "The end lies before the beginning."}</output>
      <p class="soft">
        At most {rowsMax.toLocaleString()} rows a file; figures have all their digits.
      </p>
    </form>
  );
}

function TimeField(props: {
  readonly id: string;
  readonly title: string;
  readonly value: string;
  onValue(value: string): void;
}) {
  return (
    <>
      <label for={props.id}>{props.title}</label>
      <input
        id={props.id}
        type="datetime-local"
        step="1"
        value={props.value}
        onInput={(event) => props.onValue(event.currentTarget.value)}
      />
    </>
  );
}

async function save(
  request: ExportRequest,
  isWanted: () => boolean,
  tell: (progress: Progress) => void,
): Promise<void> {
  tell({ is: "running", rows: 0 });
  try {
    const progress = (rows: number) => isWanted() && tell({ is: "running", rows });
    const made = await exportRows(request, ask, { progress, isWanted });
    if (made === undefined) return;
    if (made.rows > 0) download(request, made);
    const text = doneText(made);
    tell({ is: "done", text });
    announce(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (isWanted()) tell({ is: "failed", text: `It could not be read: ${why}` });
  }
}

function doneText({ rows, isCut }: Exported): string {
  if (rows === 0) return "Nothing is stored of that time.";
  return isCut ? `${rows} rows, and there are more: export a shorter time.` : `${rows} rows.`;
}

function textOf(progress: Progress): string {
  if (progress.is === "idle") return "";
  return progress.is === "running" ? `${progress.rows} rows so far` : progress.text;
}

/** The browser saves what the page made: no address of the server is involved. */
function download({ dataset, ticker, what, format }: ExportRequest, { pieces }: Exported): void {
  const address = URL.createObjectURL(new Blob([...pieces], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = `${dataset}-${ticker}-${what}.${format}`.replace(/[^\w.-]+/g, "_");
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), minuteMs);
}

function inputText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19);
}
