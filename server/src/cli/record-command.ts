/** The command `record`: its options and its help. */
import type { Command } from "commander";
import {
  type ConfigOptions,
  collect,
  configInput,
  type Done,
  wholeNumber,
  withFolder,
} from "./options.ts";

/** Adds it. */
export function addRecordCommand(program: Command, done: Done): void {
  withFolder(
    program
      .command("record")
      .description("write what a dataset tells, or what a WebSocket sends, into rotating files"),
  )
    .option("--dataset <code>", "dataset whose trades are recorded, as configured, or local")
    .option("--url <address>", "WebSocket whose messages are recorded, in place of a dataset")
    .option("--send <text>", "with --url: what it is sent first; repeatable", collect)
    .option("--name <name>", "with --url: what the files are called", "stream")
    .requiredOption(
      "--output <folder>",
      "where the files go; it goes on after those that are there",
    )
    .option("--from <time>", "first moment of a new recording (default: all that is stored)")
    .option("--once", "record what there is and exit")
    .option("--file-size <MiB>", "size after which the next file is begun", wholeNumber, 64)
    .option(
      "--disk-size <MiB>",
      "size of all files of the recording; the oldest are removed",
      wholeNumber,
      10_240,
    )
    .addHelpText("after", recordHelp)
    .action(async (options) => {
      const { record } = await import("./commands/record.ts");
      done(await record({ ...options, config: configInput(options as ConfigOptions) }));
    });
}

const recordHelp = `
A dataset is recorded from its stored past, with the server or without it, each trade once its minute can
not change any more. A recorder that was killed goes on where its files end, so nothing is lost that the
dataset keeps. Replays and imports read the files; so does zstd -dc.

Examples:
  openbourse record --dataset crypto --output recordings
  openbourse replay recordings --dataset crypto
  openbourse record --url 'ws://127.0.0.1:8080/v1?apikey=KEY' --output streams \\
    --send '{"event":"subscribe","dataset":"sim","tickers":["BTC/USDT"],"channel":"bars","frequency":"1s","aggregation":"1m"}'`;
