/** What the server answers its operators, as it is described; `http-server` does the answering. */
import { anybody } from "../../ports/rest.ts";
import type { DescribedRoute } from "./openapi.ts";
import { partStates } from "./readiness.ts";

const operators = { method: "GET", tag: "Operators", security: anybody } as const;

const part = {
  type: "object",
  required: ["name", "ok", "state"],
  properties: {
    name: { type: "string" },
    ok: { type: "boolean" },
    state: {
      enum: partStates,
      description: "How it is doing. The log says why.",
    },
    unused: {
      type: "object",
      additionalProperties: { type: "integer" },
      description: "Of a feed: trades that are in no bar, by kind. The log says where they were.",
    },
    term: {
      type: "integer",
      description: "Of a node of a cluster: the term of the log that it knows.",
    },
    lagMs: {
      type: "integer",
      description: "Of a node of a cluster: how old its state is, in milliseconds.",
    },
  },
};

/** Health, readiness and figures. */
export const operatorRoutes: readonly DescribedRoute[] = [
  {
    ...operators,
    path: "/healthz",
    summary: "Whether the process answers.",
    replySchema: {
      type: "object",
      required: ["status"],
      properties: { status: { const: "ok" } },
    },
  },
  {
    ...operators,
    path: "/readyz",
    summary: "Whether every part works; status 503 while one does not that all others need.",
    replySchema: {
      type: "object",
      required: ["status", "parts"],
      properties: {
        status: { enum: ["ok", "degraded", "failing"] },
        parts: { type: "array", items: part },
      },
    },
  },
  {
    ...operators,
    path: "/metrics",
    summary: "Figures in the text format of Prometheus.",
    replySchema: { type: "string" },
    replyType: "text/plain",
  },
];
