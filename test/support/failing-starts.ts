/**
 * A program for the test of starts that fail. `failing-starts.ts each DATA` lets each step of a start
 * fail in turn and says what is left of it; `hang DATA STEP` starts a server that never gets past a
 * step; `signal DATA STEP` one that is told to stop at a step.
 */

import { serveConfig } from "../../server/src/cli/commands/serve.ts";
import { loadConfig } from "../../server/src/main/configuration.ts";
import { startServer } from "../../server/src/main/server.ts";
import { type StartStep, startSteps } from "../../server/src/main/start/start.ts";
import { StartError } from "../../server/src/ports/start-error.ts";

const [what, data, step] = process.argv.slice(2);
if (data === undefined) throw new Error("say what to do, and in which data folder");
const environment = {
  OPENBOURSE_DATA: data,
  OPENBOURSE_PORT: "0",
  OPENBOURSE_LOG_LEVEL: "silent",
  OPENBOURSE_EXCHANGE_WARM_UP_MS: "0",
  OPENBOURSE_DEMO_PAST_HOURS: "0",
};
const loaded = loadConfig({ environment, flags: [] });
if (!loaded.ok) throw new Error(loaded.faults.join("\n"));
const { config } = loaded;
const log = { debug() {}, info() {}, warn() {}, error() {} };

/** What keeps the process alive besides its own output. */
function leftovers(): readonly string[] {
  const own = ["PipeWrap", "TTYWrap", "Immediate", "CloseReq", "FSReqCallback", "FSReqPromise"];
  return process.getActiveResourcesInfo().filter((kind) => !own.includes(kind));
}

/** Lets what is closing finish; what stays for that long stays for good. */
async function settled(): Promise<readonly string[]> {
  for (let turn = 0; turn < 100_000 && leftovers().length > 0; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  return leftovers();
}

async function failAt(failing: StartStep): Promise<void> {
  const watcher = {
    began(name: StartStep) {
      if (name === failing) throw new StartError(`made to fail at ${name}`);
    },
  };
  let outcome: string;
  try {
    const server = await startServer({ config, log, environment: {}, watcher });
    await server.stop();
    outcome = "it started";
  } catch (error) {
    outcome = error instanceof Error ? error.message : String(error);
  }
  const left = await settled();
  process.stdout.write(`${JSON.stringify({ failing, outcome, left })}\n`);
}

/** Waits until this process has been sent a signal and noticed it. */
async function signalMyself(): Promise<void> {
  const noticed = new Promise((resolve) => process.once("SIGTERM", resolve));
  const alive = setInterval(() => {}, 1_000);
  process.kill(process.pid, "SIGTERM");
  await noticed;
  clearInterval(alive);
}

switch (what) {
  case "each":
    for (const name of startSteps) await failAt(name);
    break;
  case "hang":
    process.exitCode = await serveConfig(config, {}, async (name) => {
      if (name !== step) return;
      process.stdout.write(`${name} hangs\n`);
      await new Promise(() => setInterval(() => {}, 1_000));
    });
    break;
  default:
    process.exitCode = await serveConfig(config, {}, async (name) => {
      if (name === step) await signalMyself();
    });
}
