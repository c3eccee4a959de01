/** `workspaces list|limit`: what each workspace may do, on the data folder, also while a server runs. */
import { validWorkspaceName } from "../../access/keys.ts";
import { noteLengthMax } from "../../admin/note.ts";
import type { ConfigInput } from "../../config/load.ts";
import type { WorkspaceLimits } from "../../ports/key-store.ts";
import { print, refuse, withKeyStore } from "./key-store.ts";

/** Limits as they are given on the command line; what is not given stays as it is. */
export interface LimitOptions {
  readonly connections?: number;
  readonly messagesPerMinute?: number;
  readonly messageBytes?: number;
  readonly tickers?: number;
  readonly restCalls?: number;
  readonly datasets?: readonly string[];
  /** Forgets all limits of its own, so that the server's defaults hold again. */
  readonly reset?: true;
  readonly json?: true;
}

/** Lists workspaces by name with the limits that are their own. */
export function listWorkspaces(input: ConfigInput, json: boolean): Promise<number> {
  return withKeyStore(input, (store) => {
    const workspaces = store.workspaces();
    if (json) {
      print(JSON.stringify(workspaces));
      return 0;
    }
    for (const { name, limits } of workspaces) print(`${name}  ${shown(limits)}`);
    return 0;
  });
}

/** Changes a workspace's limits; connections that are open keep theirs. */
export async function limitWorkspace(
  input: ConfigInput,
  name: string,
  options: LimitOptions,
): Promise<number> {
  if (!validWorkspaceName(name)) return refuse(`"${name}" is not a workspace name`);
  return await withKeyStore(input, (store) => {
    const workspace = store.workspace(name);
    if (workspace === undefined)
      return refuse(`there is no workspace ${name}: see workspaces list`);
    const limits =
      options.reset === true ? given(options) : { ...workspace.limits, ...given(options) };
    store.setLimits(name, limits);
    print(options.json === true ? JSON.stringify({ name, limits }) : `${name}  ${shown(limits)}`);
    return {
      action: "limit-workspace",
      fields: { workspace: name, limits: JSON.stringify(limits).slice(0, noteLengthMax) },
    };
  });
}

function given(options: LimitOptions): WorkspaceLimits {
  const limits = {
    connectionsMax: options.connections,
    messagesPerMinuteMax: options.messagesPerMinute,
    messageBytesMax: options.messageBytes,
    tickersMax: options.tickers,
    restCallsPerMinuteMax: options.restCalls,
    datasets: options.datasets,
  };
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}

function shown(limits: WorkspaceLimits): string {
  const own = Object.entries(limits).filter(([, value]) => value !== undefined);
  if (own.length === 0) return "the server's default limits";
  return own.map(([name, value]) => `${name}=${String(value)}`).join(" ");
}
