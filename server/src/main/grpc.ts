/** gRPC beside the HTTP server, on a port of its own, where it is configured. */
import { readFileSync } from "node:fs";
import { GrpcServer } from "../adapters/grpc/grpc-server.ts";
import type { GrpcFigures, TlsFiles } from "../adapters/grpc/messages.ts";
import type { Meter } from "../ports/meter.ts";
import type { RpcServices } from "../ports/rpc.ts";
import { follow, oneAfterAnother } from "./follow.ts";
import type { Served } from "./served.ts";
import type { Site } from "./site.ts";
import { grpcConnectionsMax, listenError } from "./start/listening.ts";

/** Where the package has `.proto` files, beside `src` and beside the bundle. */
const protoFolder = new URL("../../assets/proto/", import.meta.url);

/** Its descriptions, for programs to be made of. */
export function protoFiles(services: readonly RpcServices[]) {
  return services.map(({ protoFile }) => ({
    path: `/docs/${protoFile}`,
    text: readFileSync(new URL(protoFile, protoFolder), "utf8"),
  }));
}

/** Starts it; undefined where it is not configured. */
export async function openGrpc(
  { config, log, times, start, meter }: Site,
  { protocols }: Served,
  tls: TlsFiles | undefined,
): Promise<GrpcServer | undefined> {
  const { grpc, host, http, trustedProxies, stopGraceMs } = config.server;
  return await start.step(
    "gRPC",
    async () => {
      if (grpc === undefined) return undefined;
      const { port, ...own } = grpc;
      const opening = GrpcServer.listen({
        ...{ services: protocols.rpc, protoFolder, host, port, tls, log },
        bounds: { ...http, ...own, connectionsMax: grpcConnectionsMax(config), trustedProxies },
        callsMsPerTurn: http.strangersMsPerTurn,
        nowMs: times.nowMs,
        monotonicMs: () => times.clock.monotonicMs(),
      });
      const opened = await opening.catch((error: unknown) => {
        throw listenError(error, host, port, "server.grpc.port");
      });
      meter.onRead(grpcFigures(meter, opened));
      return opened;
    },
    (opened) => opened?.stop(stopGraceMs),
  );
}

/** Statuses that calls are counted by; calls that their makers have given up are `CANCELLED`. */
const statuses = [
  ...["OK", "CANCELLED", "INVALID_ARGUMENT", "UNAUTHENTICATED", "PERMISSION_DENIED", "NOT_FOUND"],
  ...["DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "UNAVAILABLE", "INTERNAL"],
];

/** Registers its figures. */
function grpcFigures(meter: Meter, server: GrpcServer): () => void {
  const connections = meter.gauge("openbourse_grpc_connections", "Connections of gRPC.");
  const unsent = meter.gauge(
    "openbourse_grpc_unsent_bytes",
    "Bytes of answers over gRPC that clients have not taken.",
  );
  const inexact = meter.counter(
    "openbourse_grpc_inexact_quantities_total",
    "Quantities whose fraction was left out, because gRPC tells whole numbers.",
  );
  const calls = meter.counter(
    "openbourse_grpc_calls_total",
    "Calls over gRPC that have ended, by their status.",
    ["status"],
  );
  const ended = meter.counter(
    "openbourse_grpc_connections_ended_total",
    "Connections of gRPC that were ended because of a bound, by the bound.",
    ["reason"],
  );
  const reasons = Object.keys(server.figures.endings) as (keyof GrpcFigures["endings"])[];
  const tasks = [
    () => connections.set(server.figures.connections),
    () => unsent.set(server.figures.unsentBytes),
    follow(inexact, () => server.figures.inexact),
    ...statuses.map((status) => follow(calls, () => server.figures.calls[status] ?? 0, { status })),
    ...reasons.map((reason) => follow(ended, () => server.figures.endings[reason], { reason })),
  ];
  return oneAfterAnother(tasks);
}
