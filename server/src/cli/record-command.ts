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
      .description(
        "write what a dataset tells, a venue or any WebSocket sends, or the server itself, into rotating files",
      ),
  )
    .option("--dataset <code>", "dataset whose trades are recorded, as configured, or local")
    .option(
      "--venue <code>",
      "dataset of kind ccxt: every frame between its venue and the running server, as it came",
    )
    .option("--sent", "everything that the running server sends on its streams, to every client")
    .option("--url <address>", "WebSocket whose messages are recorded")
    .option("--send <text>", "with --url: what it is sent first; repeatable", collect)
    .option(
      "--name <name>",
      "what the files are called (default: of a dataset its code, of a venue CODE-venue, sent, stream)",
    )
    .requiredOption(
      "--output <folder>",
      "where the files go; it goes on after those that are there",
    )
    .option("--from <time>", "first moment of a new recording (default: all that is stored)")
    .option("--once", "record what there is, or one connection, and exit")
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

What passes (--venue, --sent, --url) is recorded as lines of JSON with the time of each. When the server or the
connection ends it is waited for and recorded again; what was missed meanwhile, and what a recorder or a disk
that is too slow had to leave out, is told in the files as a gap.

Examples:
  openbourse record --dataset crypto --output recordings
  openbourse replay recordings --dataset crypto
  openbourse record --venue htx --output raw
  openbourse record --sent --output sent
  openbourse record --url 'ws://127.0.0.1:8080/v1?apikey=KEY' --output streams \\
    --send '{"event":"subscribe","dataset":"sim","tickers":["BTC/USDT"],"channel":"bars","frequency":"1s","aggregation":"1m"}'`;
