/** Controlling the clocks by which a server plays recordings. */
import Type, { type Static } from "typebox";
import type { ReplayAction, ReplayControl, ReplayStatus } from "../ports/replay.ts";
import { type AdminAnswer, done, refused, unavailable } from "./answer.ts";
import type { AdminTarget } from "./target.ts";

/** After this long it is answered where a clock is, though it has not come to where it is to go, in milliseconds. */
const patienceMs = 20_000;

/** What a clock is to do; where there are several, a dataset names its own. */
export const replayRequest = Type.Object(
  {
    dataset: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    action: Type.Enum(["status", "pause", "resume", "speed", "step", "seek"]),
    speed: Type.Optional(
      Type.Union([Type.Number({ exclusiveMinimum: 0, maximum: 1e9 }), Type.Literal("max")]),
    ),
    step: Type.Optional(Type.Enum(["trade", "second", "bar"])),
    toUs: Type.Optional(Type.Integer({ minimum: 0, maximum: 8_640_000_000_000_000 })),
  },
  { additionalProperties: false },
);

type ReplayRequest = Static<typeof replayRequest>;

/** Where clocks are. */
export interface ReplayListing {
  readonly replays: readonly ReplayStatus[];
}

/** Does what is asked with one clock, or tells where all of them are. */
export async function controlReplay(
  request: ReplayRequest,
  { replays }: AdminTarget,
): Promise<AdminAnswer<ReplayListing>> {
  if (replays === undefined) return unavailable("no server runs here that could play recordings");
  if (request.action === "status") return done({ replays: replays.map((one) => one.status()) });
  const clock = clockOf(request.dataset, replays);
  if (typeof clock === "string") return refused(clock);
  const action = actionOf(request);
  if (typeof action === "string") return refused(action);
  const status = await inTime(clock, action);
  return typeof status === "string" ? refused(status) : done({ replays: [status] });
}

function clockOf(
  dataset: string | undefined,
  replays: readonly ReplayControl[],
): ReplayControl | string {
  const [only, another] = replays;
  if (only === undefined) return "no dataset of this server is a replay";
  if (dataset === undefined && another === undefined) return only;
  const found = replays.find((one) => dataset !== undefined && isOf(one, dataset));
  if (found !== undefined) return found;
  const named = replays.map((one) => one.status().datasets.join(", ")).join("; ");
  return dataset === undefined
    ? `there are several clocks: name one by a dataset of it (${named})`
    : `dataset ${dataset} is no replay; those are ${named}`;
}

function isOf(clock: ReplayControl, dataset: string): boolean {
  return clock.status().datasets.includes(dataset);
}

function actionOf({ action, speed, step, toUs }: ReplayRequest): ReplayAction | string {
  switch (action) {
    case "speed":
      return speed === undefined ? "it has to be said which speed" : { kind: action, speed };
    case "step":
      return { kind: action, step: step ?? "trade" };
    case "seek":
      return toUs === undefined ? "it has to be said to which moment" : { kind: action, toUs };
    case "pause":
    case "resume":
      return { kind: action };
    case "status":
      return "a status is of all clocks";
  }
}

/** A long way takes a while: it goes on, and who asks again sees where it is. */
async function inTime(clock: ReplayControl, action: ReplayAction): Promise<ReplayStatus | string> {
  const { promise, resolve } = Promise.withResolvers<ReplayStatus>();
  const timer = setTimeout(() => resolve(clock.status()), patienceMs);
  try {
    return await Promise.race([clock.act(action), promise]);
  } finally {
    clearTimeout(timer);
  }
}
