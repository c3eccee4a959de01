/** How the clocks of sessions are spoken of over REST. */
import type { ReplayAction, ReplayStatus, ReplayStep } from "../../ports/replay.ts";
import { sessionParameter } from "./messages.ts";

/** What can be done with a clock; the last parts of the paths. */
export const actionNames = ["play", "pause", "step", "seek", "speed"] as const;

/** How fast a session may play. Beyond that a seek leads to a moment at once. */
export const sessionSpeedMax = 10_000;

const steps: readonly ReplayStep[] = ["trade", "second", "bar"];

/** Summaries and bodies, by action. */
export const replayBodySchemas: Readonly<
  Record<(typeof actionNames)[number], { readonly summary: string; readonly bodySchema?: object }>
> = {
  play: { summary: "Lets the clock of a session run; the session begins where there is none." },
  pause: { summary: "Stops the clock of a session." },
  step: {
    summary: "Stops the clock of a session and goes on by one trade, one second or one bar.",
    bodySchema: bodyOf({ step: { type: "string", enum: steps, default: "trade" } }, []),
  },
  seek: {
    summary: "Leads the clock of a session to a moment of the recording, forward or back.",
    bodySchema: bodyOf(
      {
        to: {
          type: ["string", "number"],
          description: "as 2024-08-08T10:31:00Z, or in Unix seconds",
        },
      },
      ["to"],
    ),
  },
  speed: {
    summary: "Says how many seconds of the recording pass in one second.",
    bodySchema: bodyOf(
      { speed: { type: "number", exclusiveMinimum: 0, maximum: sessionSpeedMax } },
      ["speed"],
    ),
  },
};

/** Query of a timeline. */
export const timelineSchema: object = {
  type: "object",
  properties: Object.fromEntries(
    [sessionParameter, "dataset", "ticker"].map((name) => [name, { type: "string" }]),
  ),
  required: [sessionParameter, "dataset", "ticker"],
};

function bodyOf(properties: object, required: readonly string[]): object {
  return { type: "object", properties, required, additionalProperties: false };
}

/** What is asked for; a text says what is wrong with it. */
export function actionOf(name: (typeof actionNames)[number], text: string): ReplayAction | string {
  const body = bodyText(text);
  if (body === undefined) return "The body is one JSON object, or empty.";
  switch (name) {
    case "play":
      return { kind: "resume" };
    case "pause":
      return { kind: "pause" };
    case "step": {
      const { step = "trade" } = body;
      const found = steps.find((one) => one === step);
      return found === undefined
        ? "A step is a trade, a second or a bar."
        : { kind: "step", step: found };
    }
    case "seek": {
      const toUs = momentOf(body["to"]);
      return toUs === undefined
        ? 'Name the moment: {"to":"2024-08-08T10:31:00Z"}.'
        : { kind: "seek", toUs };
    }
    case "speed": {
      const { speed } = body;
      const isGood = typeof speed === "number" && speed > 0 && speed <= sessionSpeedMax;
      return isGood
        ? { kind: "speed", speed }
        : `A speed is a number above 0, at most ${sessionSpeedMax}.`;
    }
  }
}

function bodyText(text: string): Readonly<Record<string, unknown>> | undefined {
  if (text.trim() === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** Latest moment that can be sought, in microseconds: what a `Date` holds. */
const momentUsMax = 8_640_000_000_000_000;

function momentOf(value: unknown): number | undefined {
  const us = typeof value === "number" ? value * 1e6 : Date.parse(String(value)) * 1_000;
  return us >= 0 && us <= momentUsMax ? Math.floor(us) : undefined;
}

/** Where a clock is. Times are ISO 8601, and `at` is that of the clock in Unix seconds. */
export function replyOfState(session: string, status: ReplayStatus): object {
  const { datasets, state, marketUs, firstUs, speed } = status;
  return {
    ...{ session, state, speed, datasets },
    at: marketUs === undefined ? null : marketUs / 1_000_000,
    time: timeText(marketUs),
    first: timeText(firstUs),
  };
}

function timeText(us: number | undefined): string | null {
  return us === undefined ? null : new Date(us / 1_000).toISOString();
}
