/**
 * The command line: which commands there are, their options, their help. Work is done in `commands/`,
 * and each command loads only what it needs, so that the small ones answer at once.
 */
import { Command, CommanderError, Option } from "commander";
import { version } from "../main/version.ts";
import { nearest } from "../ports/nearest.ts";
import { exitCodeForReader, watchReader } from "./commands/output.ts";
import type { LimitOptions } from "./commands/workspaces.ts";
import { addDataCommands } from "./data-commands.ts";
import { addExchangeCommands } from "./exchange-commands.ts";
import {
  type ConfigOptions,
  configInput,
  type Done,
  percent,
  speed,
  wholeNumber,
  withConfig,
  withFolder,
} from "./options.ts";
import { addRecordCommand } from "./record-command.ts";

/** Exit codes: all went well; something failed; what was asked for is not right. */
export const exitCodes = { ok: 0, failed: 1, usage: 2 } as const;

/** Runs one command line; resolves with the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  watchReader();
  let code: number = exitCodes.ok;
  const program = buildProgram((exitCode) => {
    code = exitCode;
  });
  const unknown = unknownCommand(program, args[0]);
  if (unknown !== undefined) {
    process.stderr.write(`openbourse: ${unknown}\n`);
    return exitCodes.usage;
  }
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCodeForReader(code);
  } catch (error) {
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const { name, message } = error as Error;
    if (!["StartError", "MissingError", "StoreError"].includes(name)) throw error;
    process.stderr.write(`openbourse: ${message}\n`);
    return name === "MissingError" ? exitCodes.usage : exitCodes.failed;
  }
}

/** Says so when the first word is meant as a command but is none; options alone mean `serve`. */
function unknownCommand(program: Command, word: string | undefined): string | undefined {
  if (word === undefined || word.startsWith("-")) return undefined;
  const known = [...program.commands.map((command) => command.name()), "help"];
  if (known.includes(word)) return undefined;
  const near = nearest(word, known);
  const hint = near === undefined ? "" : `; did you mean ${near}?`;
  return `"${word}" is not a command${hint} (commands: ${known.join(", ")})`;
}

function buildProgram(done: Done): Command {
  const program = new Command("openbourse")
    .description("A self-hosted exchange and market-data streaming server.")
    .version(version())
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError()
    .addHelpText(
      "after",
      "\nSettings come from openbourse.yaml, then OPENBOURSE_… variables, then flags; later ones win.",
    );

  withConfig(
    program
      .command("serve", { isDefault: true })
      .description("start the server (the default command)")
      .option(
        "--role <role>",
        "what a node of a cluster does: all, engine or gateway (needs cluster.servers)",
      ),
  ).action(async (options: ConfigOptions) => {
    const { serve } = await import("./commands/serve.ts");
    done(await serve(configInput(options)));
  });

  withFolder(
    program.command("init").description("begin an empty data folder without starting a server"),
  )
    .option("--json", "print one JSON object")
    .action(async (options: ConfigOptions & { json?: true }) => {
      const { init } = await import("./commands/init.ts");
      done(await init(configInput(options), options.json === true));
    });

  withConfig(
    program
      .command("check-config")
      .description("check the configuration and say what is wrong where"),
  )
    .option("--json", "print one JSON object")
    .action(async (options: ConfigOptions & { json?: true }) => {
      const { checkConfig } = await import("./commands/config.ts");
      done(await checkConfig(configInput(options), options.json === true));
    });

  withConfig(
    program
      .command("print-config")
      .description("print the configuration in force, defaults included"),
  )
    .option("--json", "print JSON instead of YAML")
    .action(async (options: ConfigOptions & { json?: true }) => {
      const { printConfig } = await import("./commands/config.ts");
      done(printConfig(configInput(options), options.json === true));
    });

  addKeyCommands(program, done);
  addWorkspaceCommands(program, done);
  addExchangeCommands(program, done);
  addDataCommands(program, done);
  addRecordCommand(program, done);
  addReplayCommand(program, done);
  addWatchCommand(program, done);
  return program;
}

function addWatchCommand(program: Command, done: Done): void {
  program
    .command("watch")
    .description("subscribe to bars and print each message")
    .argument("<ticker...>", "for example BTC/USDT")
    .option("--url <url>", "address of the server", "ws://127.0.0.1:8080")
    .option("--key <key>", "API key; default: the demo key of the data folder")
    .option("--data <dir>", "data folder of a server on this machine", "data")
    .option("--dataset <code>", "dataset code", "huobi")
    .addOption(
      new Option("--frequency <period>", "how often").choices(["1s", "10s", "1m"]).default("1s"),
    )
    .option("--count <n>", "stop after this many bars", wholeNumber)
    .action(async (tickers: string[], options) => {
      const { watch } = await import("./commands/watch.ts");
      done(await watch({ tickers, ...options }));
    });
}

interface CreateKeyOptions {
  readonly workspace: string;
  readonly label: string;
  readonly ingest?: string;
  readonly json?: true;
}

function addKeyCommands(program: Command, done: Done): void {
  const keys = program.command("keys").description("manage API keys; works while the server runs");
  withFolder(keys.command("create").description("make a key; it is shown this once only"))
    .requiredOption("--workspace <name>", "workspace of the key, made when it is new")
    .option("--label <text>", "a note to recognise the key by", "")
    .option("--ingest <datasets>", "datasets that it may push to; such a key opens nothing else")
    .option("--json", "print one JSON object")
    .action(async (options: ConfigOptions & CreateKeyOptions) => {
      const { createKeyCommand } = await import("./commands/keys.ts");
      done(await createKeyCommand(configInput(options), options));
    });
  withFolder(keys.command("list").description("list keys; the keys themselves are not stored"))
    .option("--workspace <name>", "only keys of this workspace")
    .option("--json", "print one JSON array")
    .action(async (options: ConfigOptions & { workspace?: string; json?: true }) => {
      const { listKeysCommand } = await import("./commands/keys.ts");
      done(await listKeysCommand(configInput(options), options));
    });
  withFolder(
    keys.command("revoke").description("revoke a key; its connections are closed within seconds"),
  )
    .argument("<id>", "the key's id, as `keys list` shows it")
    .option("--json", "print one JSON object")
    .action(async (id: string, options: ConfigOptions & { json?: true }) => {
      const { revokeKeyCommand } = await import("./commands/keys.ts");
      done(await revokeKeyCommand(configInput(options), { id, json: options.json }));
    });
}

function addWorkspaceCommands(program: Command, done: Done): void {
  const workspaces = program
    .command("workspaces")
    .description("manage what workspaces may do; works while the server runs");
  withFolder(workspaces.command("list").description("list workspaces and the limits of their own"))
    .option("--json", "print one JSON array")
    .action(async (options: ConfigOptions & { json?: true }) => {
      const { listWorkspaces } = await import("./commands/workspaces.ts");
      done(await listWorkspaces(configInput(options), options.json === true));
    });
  withFolder(
    workspaces.command("limit").description("change limits; they hold for new connections"),
  )
    .argument("<name>", "the workspace")
    .option("--connections <n>", "connections at once, over all its keys", wholeNumber)
    .option("--messages-per-minute <n>", "messages a minute on one connection", wholeNumber)
    .option("--message-bytes <n>", "size of one message", wholeNumber)
    .option("--tickers <n>", "tickers subscribed at once on one connection", wholeNumber)
    .option("--rest-calls <n>", "REST calls a minute", wholeNumber)
    .option("--datasets <codes>", "datasets that may be used, separated by commas", (text) =>
      text.split(",").filter((part) => part !== ""),
    )
    .option("--reset", "forget its own limits first")
    .option("--json", "print one JSON object")
    .action(async (name: string, options: ConfigOptions & LimitOptions) => {
      const { limitWorkspace } = await import("./commands/workspaces.ts");
      done(await limitWorkspace(configInput(options), name, options));
    });
}

function addReplayCommand(program: Command, done: Done): void {
  withConfig(
    program
      .command("replay")
      .description("serve recorded trades through the live protocol, or print their bars"),
  )
    .argument("<file...>", "recorded trades: files, folders and patterns, merged by time")
    .addOption(
      new Option("--format <name>", "format of the files")
        .choices(["auto", "binance-trades", "binance-aggtrades", "tardis-trades"])
        .default("auto"),
    )
    .option("--ticker <ticker>", "ticker of the trades, for formats that do not name it")
    .option("--dataset <code>", "dataset code to serve them as", "replay")
    .option("--speed <factor>", "seconds of market time per second, or max", speed, "1")
    .addOption(
      new Option("--clock <clock>", "keep the recording's times, or shift them to start now")
        .choices(["recorded", "shifted"])
        .default("recorded"),
    )
    .option("--loop", "start again after the last file")
    .option("--sort", "sort each file on disk first, where it is far out of order")
    .option("--at-once", "begin at once; default: when the first client subscribes")
    .option("--print", "print the final bars as JSON lines and exit, without serving")
    .option(
      "--unused-max <percent>",
      "with --print: share of the trades that may be missing before it exits with 1",
      percent,
      0.1,
    )
    .addHelpText(
      "after",
      "\nCSV with a column map and NDJSON files are configured in openbourse.yaml (docs/operating/configuration.md).",
    )
    .action(async (files: string[], options) => {
      const { replay } = await import("./commands/replay.ts");
      done(await replay({ files, ...options, config: configInput(options) }));
    });
}
