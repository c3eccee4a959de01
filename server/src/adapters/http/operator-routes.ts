/** What the server answers its operators, as it is described; `http-server` does the answering. */
import type { DescribedRoute } from "./openapi.ts";

const operators = { method: "GET", tag: "Operators", security: "none" } as const;

const part = {
  type: "object",
  required: ["name", "ok", "detail"],
  properties: {
    name: { type: "string" },
    ok: { type: "boolean" },
    detail: { type: "string", description: "What is wrong, or how it is doing." },
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
    summary: "Whether every part works; status 503 while one does not.",
    replySchema: {
      type: "object",
      required: ["status", "parts"],
      properties: {
        status: { enum: ["ok", "failing"] },
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
