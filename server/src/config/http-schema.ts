/** What the configuration says of HTTP besides where to listen. */
import Type from "typebox";
import { section, strict } from "../ports/config-section.ts";

/** `server.cors`. */
export const corsSchema = Type.Object(
  {
    origins: Type.Array(Type.String({ pattern: "^(\\*|https?://[^/\\s]+)$", maxLength: 300 }), {
      default: [],
      maxItems: 100,
      description:
        "origins of pages that may read REST answers and open streams in a browser, besides this server's own, such as https://app.example; `*` for all",
    }),
  },
  section,
);

const milliseconds = (defaultMs: number, description: string) =>
  Type.Integer({ minimum: 10, maximum: 3_600_000, default: defaultMs, description });

/** `server.http`: what bounds connections that are not WebSockets, and those who have not shown who they are. */
export const httpSchema = Type.Object(
  {
    connectionsMax: Type.Integer({
      minimum: 8,
      maximum: 100_000,
      default: 2_000,
      description:
        "connections that are not WebSockets; one more takes the place of the one that is of no use for the longest",
    }),
    connectionsPerAddressMax: Type.Integer({
      minimum: 1,
      maximum: 100_000,
      default: 200,
      description: "connections of one address, WebSockets included; loopback is exempt",
    }),
    strangersPerSecondMax: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      default: 50,
      description:
        "requests a second of one address that do not show who sends them; loopback is exempt",
    }),
    strangersBurstMax: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      default: 200,
      description: "how many of these may come at once",
    }),
    strangersMsPerTurn: Type.Integer({
      minimum: 1,
      maximum: 1_000,
      default: 4,
      description: "milliseconds of each turn of the event loop for such requests, under load",
    }),
    headersTimeoutMs: milliseconds(
      10_000,
      "how long a TLS handshake, and then the head of a request, may take",
    ),
    requestTimeoutMs: milliseconds(30_000, "how long a whole request may take to come"),
    answerTimeoutMs: milliseconds(
      60_000,
      "how long it may take from a request until its answer was taken",
    ),
    keepAliveTimeoutMs: milliseconds(
      75_000,
      "how long a connection may be idle between two requests",
    ),
    unsentBytesMax: Type.Integer({
      minimum: 1_048_576,
      default: 67_108_864,
      description:
        "bytes of answers that may wait for all peers together; beyond it the slowest one is ended",
    }),
  },
  section,
);

/** `server.grpc`: a listener of its own; what bounds its clients besides is `server.http`. */
export const grpcSchema = Type.Object(
  {
    port: Type.Integer({
      minimum: 0,
      maximum: 65_535,
      description: "port to listen on for gRPC, 0 for any free one; default: there is no gRPC",
    }),
    connectionsMax: Type.Integer({
      minimum: 8,
      maximum: 100_000,
      default: 256,
      description:
        "connections of gRPC; one more takes the place of the one that is of no use for the longest",
    }),
    callsPerConnectionMax: Type.Integer({
      minimum: 1,
      maximum: 1_000,
      default: 32,
      description: "calls of one such connection at once; more of them wait at the client",
    }),
  },
  strict,
);

/** `server.trustedProxies`. */
export const trustedProxiesSchema = Type.Array(
  Type.String({
    pattern:
      "^([0-9]{1,3}(\\.[0-9]{1,3}){3}(/[0-9]{1,2})?|[0-9a-fA-F:]*:[0-9a-fA-F:.]*(/[0-9]{1,3})?)$",
    maxLength: 64,
  }),
  {
    default: [],
    maxItems: 100,
    description:
      "addresses and ranges, such as 10.0.0.0/8, of proxies whose X-Forwarded-For names the client",
  },
);
