/** `replay-control`: where the clocks of the running server's recordings are, and moving them. */
import { type AdminAnswer, refused, unavailable } from "../../admin/answer.ts";
import { askServer } from "../../admin/ask-server.ts";
import type { AdminRequest, AdminResult } from "../../admin/operations.ts";
import { dataFolder } from "../../config/data-folder.ts";
import type { ConfigInput } from "../../config/load.ts";
import type { Config } from "../../config/schema.ts";
import type { ReplaySpeed, ReplayStatus } from "../../ports/replay.ts";
import { askAndPrint } from "./administration.ts";
import { refuse } from "./key-store.ts";

type Request = AdminRequest<"control-replay">;
type Listing = AdminResult<"control-replay">;

/** What was asked for. */
export interface ReplayControlCommand {
  readonly action: Request["action"];
  /** What follows the action: a speed, a step, or a moment. */
  readonly value?: string | undefined;
  readonly dataset?: string | undefined;
  readonly json?: true | undefined;
}

/** Asks the running server; resolves with the exit code. */
export function replayControl(input: ConfigInput, command: ReplayControlCommand): Promise<number> {
  const request = requestOf(command);
  return askAndPrint<Listing>(input, command.json === true, {
    ask: (config) =>
      typeof request === "string" ? Promise.resolve(refused(request)) : ask(config, request),
    say: ({ replays }) =>
      replays.length === 0 ? ["no dataset of this server is a replay"] : replays.map(words),
  });
}

/** What all lines of a script have in common. */
export interface ReplayScript extends Omit<ReplayControlCommand, "action" | "value"> {
  /** What a line may begin with. */
  readonly actions: readonly ReplayControlCommand["action"][];
}

/**
 * Does what lines say, each of which is an action as on the command line, and answers each with a line of its own;
 * ends with the first that cannot be done, and its exit code.
 */
export async function replayScript(
  input: ConfigInput,
  { actions, ...common }: ReplayScript,
  lines: AsyncIterable<string>,
): Promise<number> {
  for await (const line of lines) {
    const [word = "", value, ...more] = line.trim().split(/\s+/);
    if (word === "") continue;
    const action = actions.find((one) => one === word);
    if (action === undefined || more.length > 0) {
      return refuse(
        `a line is an action and its value, as: seek 2024-08-08T10:00:00Z; actions are ${actions.join(", ")}`,
      );
    }
    const code = await replayControl(input, { ...common, action, value });
    if (code !== 0) return code;
  }
  return 0;
}

function requestOf({ action, value, dataset }: ReplayControlCommand): Request | string {
  const request = { action, ...(dataset === undefined ? {} : { dataset }) };
  switch (action) {
    case "speed":
      return withSpeed(request, value);
    case "step":
      if (value === undefined) return request;
      if (value !== "trade" && value !== "second" && value !== "bar") {
        return `a step is a trade, a second or a bar, not ${value}`;
      }
      return { ...request, step: value };
    case "seek": {
      const toUs = Date.parse(value ?? "") * 1_000;
      if (Number.isNaN(toUs)) return "name the moment, as: seek 2024-08-08T10:00:00Z";
      return { ...request, toUs };
    }
    default:
      return value === undefined ? request : `${action} takes no ${value}`;
  }
}

function withSpeed(request: Request, value: string | undefined): Request | string {
  const speed: ReplaySpeed = value === "max" ? "max" : Number(value ?? Number.NaN);
  if (speed !== "max" && !(speed > 0 && speed <= 1e9)) {
    return "name the speed, as: speed 10, or speed max";
  }
  return { ...request, speed };
}

async function ask(config: Config, request: Request): Promise<AdminAnswer<Listing>> {
  const { adminSocket } = dataFolder(config.data);
  const answer = await askServer(adminSocket, { name: "control-replay", request });
  if (answer === undefined) {
    return unavailable(
      `no server runs on the data folder ${config.data}: name its own with --data`,
    );
  }
  // It comes from the operation of this name, and was written by the same program.
  return answer as AdminAnswer<Listing>;
}

function words({ datasets, state, marketUs, speed }: ReplayStatus): string {
  const at = marketUs === undefined ? "" : ` at ${new Date(marketUs / 1_000).toISOString()}`;
  return `${datasets.join(", ")}: ${state}${at}, speed ${speed}`;
}
