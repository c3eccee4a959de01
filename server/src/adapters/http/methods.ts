/** Which methods a path takes, for requests that use another one (RFC 9110 15.5.6 and 9.3.7). */

/** What makes up a route, as far as it matters here. */
interface Placed {
  readonly method: string;
  readonly path: string;
}

/** Finds the methods of a path, for example `GET, HEAD`; undefined where nothing is served. */
export type AllowedMethods = (path: string) => string | undefined;

/** Reads the routes once. It is asked only for what no route took, so that ordinary requests pay nothing. */
export function allowedMethods(routes: readonly Placed[]): AllowedMethods {
  const patterns = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>();
  for (const { method, path } of routes) {
    const known = patterns.get(path) ?? { pattern: patternOf(path), methods: new Set() };
    patterns.set(path, known);
    known.methods.add(method);
    if (method === "GET") known.methods.add("HEAD");
  }
  return (path) => {
    const methods = new Set<string>();
    for (const known of patterns.values()) {
      if (known.pattern.test(path)) for (const method of known.methods) methods.add(method);
    }
    return methods.size === 0 ? undefined : [...methods].join(", ");
  };
}

function patternOf(path: string): RegExp {
  const parts = path
    .split("/")
    .map((part) => (part.startsWith(":") ? "[^/]+" : part.replaceAll(".", "\\.")));
  return new RegExp(`^${parts.join("/")}/?$`);
}
