/** Texts of pages: whatever comes from a description is escaped here, and nowhere else. */

/** HTML that is written into a page as it is. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a template may hold; of what is not there nothing is written. */
export type Shown = string | number | Html | readonly Shown[] | undefined;

/** A template of a page: texts that are put into it are escaped. */
export function html(texts: TemplateStringsArray, ...values: readonly Shown[]): Html {
  return new Html(texts.map((text, index) => text + written(values[index])).join(""));
}

/** A text as HTML, with code where it stands between backquotes. */
export function prose(text: string): Html {
  return new Html(escaped(text).replaceAll(/`([^`]*)`/g, "<code>$1</code>"));
}

function written(value: Shown): string {
  if (value === undefined) return "";
  if (value instanceof Html) return value.text;
  if (typeof value === "object") return value.map(written).join("");
  return escaped(String(value));
}

function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
