/** The way to the data page, where an API key can be given. */
import { followLink } from "../app/route.ts";

/** See the head of the file. */
export function KeyLink() {
  return (
    <a href="/data" onClick={(event) => followLink(event, "/data")}>
      Give an API key on the data page
    </a>
  );
}
