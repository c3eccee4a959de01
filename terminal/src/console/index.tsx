/** The console page. */
import { Panel } from "../design/panel.tsx";

/** See the head of the file. */
export function ConsolePage() {
  return <Panel title="Console" state={{ is: "loading" }} />;
}
