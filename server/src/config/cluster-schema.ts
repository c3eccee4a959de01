/** What the configuration says of a cluster that this server is a node of. */
import Type, { type Static } from "typebox";
import { strict } from "../ports/config-section.ts";

const name = (description: string) =>
  Type.String({ pattern: "^[A-Za-z0-9_-]{1,32}$", description });

const text = (description: string) => Type.Optional(Type.String({ minLength: 1, description }));

/** `cluster`. Without it the exchange is on this machine alone. */
export const clusterSchema = Type.Object(
  {
    role: Type.Enum(["all", "engine", "gateway", "feed"], {
      default: "all",
      description:
        "what this node does: engine keeps the exchange and may lead, gateway serves clients, feed runs the feeds of datasets for all, all is all of these in one process",
    }),
    name: Type.String({
      pattern: "^[A-Za-z0-9_-]{1,32}$",
      default: "openbourse",
      description:
        "name of the cluster, the same at all its nodes; begins the names of its streams",
    }),
    node: Type.Optional(
      name("name of this node, which no other node has; default: the machine's name"),
    ),
    servers: Type.Array(Type.String({ minLength: 1 }), {
      minItems: 1,
      maxItems: 16,
      description: "`HOST:PORT` of each NATS server",
    }),
    user: text("user at the NATS servers; default: none"),
    password: text("password of that user"),
    token: text("token for the NATS servers, in place of a user"),
    credentialsFile: text("credentials file as `nsc` writes it, in place of a user"),
    tls: Type.Optional(
      Type.Object(
        {
          ca: text("PEM file of who vouches for the NATS servers; default: the system's"),
          cert: text("PEM file of the certificate that this node shows"),
          key: text("PEM file of its private key"),
        },
        strict,
      ),
    ),
    replicas: Type.Integer({
      minimum: 1,
      maximum: 5,
      default: 3,
      description: "on how many NATS servers each message is: 1, 3 or 5",
    }),
    monitors: Type.Array(Type.String({ pattern: "^https?://" }), {
      maxItems: 16,
      default: [],
      description:
        "`http://HOST:PORT` of each NATS server's monitoring, where it tells whether it writes to the disk before it acknowledges",
    }),
    allowUnsynced: Type.Boolean({
      default: false,
      description:
        "accept NATS servers that acknowledge what is not on their disks: a loss of power loses acknowledged commands",
    }),
    takeoverAfterMs: Type.Integer({
      minimum: 200,
      maximum: 60_000,
      default: 500,
      description: "after so much silence of the one that leads another engine takes over",
    }),
    keepLogHours: Type.Integer({
      minimum: 0,
      maximum: 87_600,
      default: 24,
      description:
        "commands that are younger are kept in the cluster's log, though every engine has them in its own",
    }),
    waitForNodesBytes: Type.Integer({
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      default: 8 * 1_024 * 1_024 * 1_024,
      description:
        "size of the cluster's log up to which it is kept for nodes that are gone or behind; an engine gets what is not kept from another engine",
    }),
  },
  strict,
);

/** A node's place in its cluster, as configured. */
export type ClusterConfig = Static<typeof clusterSchema>;
