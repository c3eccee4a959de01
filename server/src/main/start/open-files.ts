/** How many connections fit into the files that this process may open: a socket is one of them. */
import { readFileSync } from "node:fs";

/** Files left for everything but clients: logs, stores, recordings, and the operator's own requests. */
export const filesReserved = 128;

/** Fewer WebSockets than this are worth a warning. */
export const fewConnections = 1_000;

/** The most connections of each kind. */
export interface ConnectionBounds {
  /** WebSockets. */
  readonly connectionsMax: number;
  /** Connections that are no WebSockets. */
  readonly httpConnectionsMax: number;
}

/**
 * Cuts what is configured to what fits. Half at most is for connections that are no WebSockets, which
 * strangers open; both together leave {@link filesReserved}.
 */
export function boundsWithin(filesMax: number, configured: ConnectionBounds): ConnectionBounds {
  const room = Math.max(16, filesMax - filesReserved);
  const httpConnectionsMax = Math.min(configured.httpConnectionsMax, Math.floor(room / 2));
  const connectionsMax = Math.min(configured.connectionsMax, room - httpConnectionsMax);
  return { connectionsMax, httpConnectionsMax };
}

/** Files that this process may open; Node has raised the limit as far as it may by itself. */
export function openFilesMax(): number {
  try {
    const found = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    return found === undefined ? Number.POSITIVE_INFINITY : Number(found);
  } catch {
    // Other systems than Linux tell through a report, which is dear to make and made once.
    Object.assign(process.report, { excludeNetwork: true });
    const report = process.report.getReport() as {
      readonly userLimits?: { readonly open_files?: { readonly soft?: unknown } };
    };
    const soft = report.userLimits?.open_files?.soft;
    return typeof soft === "number" ? soft : Number.POSITIVE_INFINITY;
  }
}
