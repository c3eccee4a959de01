/** The data page. */
import { Panel } from "../design/panel.tsx";

/** See the head of the file. */
export function DataPage() {
  return <Panel title="Data" state={{ is: "loading" }} />;
}
