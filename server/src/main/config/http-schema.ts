/** What the configuration says of HTTP besides where to listen. */
import Type from "typebox";
import { section } from "./schema-parts.ts";

/** `server.cors`. */
export const corsSchema = Type.Object(
  {
    origins: Type.Array(Type.String({ pattern: "^(\\*|https?://[^/\\s]+)$", maxLength: 300 }), {
      default: [],
      maxItems: 100,
      description:
        "origins of pages that may read REST answers in a browser, such as https://app.example; `*` for all",
    }),
  },
  section,
);
