/**
 * The commands on the exchange: its users, their money, its markets, who is connected, and the upkeep
 * of its files.
 */
import { createInterface } from "node:readline";
import { Argument, type Command, Option } from "commander";
import type { NodeRole } from "./commands/cluster-nodes.ts";
import type { TransferOptions } from "./commands/deposit.ts";
import type { SetFeesOptions } from "./commands/fees.ts";
import type { SetLimitsOptions } from "./commands/limits.ts";
import type { AddMarketOptions, SetMarketOptions } from "./commands/markets.ts";
import type { CancelOrdersOptions, ListOrdersOptions } from "./commands/orders.ts";
import {
  type ConfigOptions,
  configInput,
  type Done,
  wholeNumber,
  withConfig,
  withFolder,
} from "./options.ts";

type JsonOptions = ConfigOptions & { readonly json?: true };

/** Adds all of them to the command line. */
export function addExchangeCommands(program: Command, done: Done): void {
  addUserCommands(program, done);
  addOrderCommands(program, done);
  addTransferCommands(program, done);
  addMarketCommands(program, done);
  addFeeCommands(program, done);
  addLimitCommands(program, done);
  addSessionsCommand(program, done);
  addClusterCommand(program, done);
  addDevClusterCommand(program, done);
  addReplayControlCommand(program, done);
  addUpkeepCommands(program, done);
}

function addUserCommands(program: Command, done: Done): void {
  const users = program
    .command("users")
    .description("manage users of the exchange; works while the server runs");
  withFolder(users.command("create").description("make a user; their API key is shown this once"))
    .option("--label <text>", "a note to recognise the user by", "")
    .option("--no-md5", "take only requests signed with HMAC-SHA-256")
    .option("--json", "print one JSON object")
    .action(async (options: JsonOptions & { label: string; md5: boolean }) => {
      const { createUserCommand } = await import("./commands/users.ts");
      done(await createUserCommand(configInput(options), options));
    });
  withFolder(users.command("list").description("list users; their keys are never shown"))
    .option("--json", "print one JSON array")
    .action(async (options: JsonOptions) => {
      const { listUsersCommand } = await import("./commands/users.ts");
      done(await listUsersCommand(configInput(options), options.json === true));
    });
  withFolder(
    users
      .command("disable")
      .description(
        "disable a user: cancel their orders, close their streams, refuse their requests",
      ),
  )
    .argument("<id>", "the user's id, as `users list` shows it")
    .option("--json", "print one JSON object")
    .action(async (id: string, options: JsonOptions) => {
      const { disableUserCommand } = await import("./commands/users.ts");
      done(await disableUserCommand(configInput(options), { id, json: options.json }));
    });
  withFolder(users.command("enable").description("enable a disabled user again"))
    .argument("<id>", "the user's id, as `users list` shows it")
    .option("--json", "print one JSON object")
    .action(async (id: string, options: JsonOptions) => {
      const { enableUserCommand } = await import("./commands/users.ts");
      done(await enableUserCommand(configInput(options), { id, json: options.json }));
    });
  withFolder(users.command("md5").description("say whether MD5 signatures of a user are taken"))
    .argument("<id>", "the user's id, as `users list` shows it")
    .addArgument(new Argument("<state>", "off: only HMAC-SHA-256").choices(["on", "off"]))
    .option("--json", "print one JSON object")
    .action(async (id: string, state: string, options: JsonOptions) => {
      const { userMd5Command } = await import("./commands/users.ts");
      const isTaken = state === "on";
      done(await userMd5Command(configInput(options), { id, isTaken, json: options.json }));
    });
}

function addOrderCommands(program: Command, done: Done): void {
  const orders = program
    .command("orders")
    .description("see and cancel open orders of users; works while the server runs");
  withFolder(orders.command("list").description("list open orders of a user, oldest first"))
    .requiredOption("--user <id>", "whose orders")
    .option("--market <code>", "only those in this market")
    .option("--limit <n>", "list at most so many", wholeNumber, 100)
    .option("--json", "print one JSON object")
    .action(async (options: ConfigOptions & ListOrdersOptions) => {
      const { listOrdersCommand } = await import("./commands/orders.ts");
      done(await listOrdersCommand(configInput(options), options));
    });
  withFolder(orders.command("cancel").description("cancel open orders of a user"))
    .argument("[order]", "one order, as `orders list` shows it (default: all of them)")
    .option("--user <id>", "whose orders; may be left out where one order is named")
    .option("--market <code>", "only those in this market")
    .option("--json", "print one JSON object")
    .action(async (order: string | undefined, options: ConfigOptions & CancelOrdersOptions) => {
      const { cancelOrdersCommand } = await import("./commands/orders.ts");
      done(await cancelOrdersCommand(configInput(options), order, options));
    });
}

function addTransferCommands(program: Command, done: Done): void {
  for (const direction of ["deposit", "withdraw"] as const) {
    const what = direction === "deposit" ? "bring money to a user" : "take money out from a user";
    withFolder(program.command(direction).description(`${what}; works while the server runs`))
      .requiredOption("--user <id>", "whose money it is")
      .requiredOption("--currency <code>", "for example USDT")
      .requiredOption("--amount <digits>", "for example 1000 or 0.5")
      .option("--key <text>", "a repeat under the same key changes nothing (default: a random one)")
      .option("--any-user", "take a name that is no user's, as simulated participants have")
      .option("--json", "print one JSON object")
      .action(async (options: ConfigOptions & Omit<TransferOptions, "direction">) => {
        const { transferCommand } = await import("./commands/deposit.ts");
        done(await transferCommand(configInput(options), { ...options, direction }));
      });
  }
}

function addMarketCommands(program: Command, done: Done): void {
  const markets = program
    .command("markets")
    .description("manage what can be traded; works while the server runs");
  withFolder(markets.command("list").description("list markets, oldest first"))
    .option("--json", "print one JSON array")
    .action(async (options: JsonOptions) => {
      const { listMarketsCommand } = await import("./commands/markets.ts");
      done(await listMarketsCommand(configInput(options), options.json === true));
    });
  withFolder(markets.command("add").description("open a market; its tick and lot stay as they are"))
    .argument("<code>", "base and quote currency, for example BTC_USDT")
    .requiredOption("--tick <step>", "smallest price step, for example 0.01")
    .requiredOption("--lot <step>", "smallest quantity step, for example 0.00001")
    .option("--min-base <quantity>", "smallest quantity of an order (default: one lot)")
    .option("--max-base <quantity>", "largest quantity of an order (default: 1000000000 lots)")
    .option("--min-quote <value>", "smallest price × quantity of an order (default: 0)")
    .option("--max-quote <value>", "largest price × quantity of an order (default: 10000000)")
    .option("--band-percent <percent>", "how far market orders may trade (default: 5)")
    .option("--json", "print one JSON object")
    .action(async (code: string, options: ConfigOptions & AddMarketOptions) => {
      const { addMarketCommand } = await import("./commands/markets.ts");
      done(await addMarketCommand(configInput(options), code, options));
    });
  withFolder(
    markets
      .command("set")
      .description("change what orders are held to, also while orders stand; tick and lot stay"),
  )
    .argument("<code>", "the market, as `markets list` shows it")
    .option("--min-base <quantity>", "smallest quantity of an order")
    .option("--max-base <quantity>", "largest quantity of an order")
    .option("--min-quote <value>", "smallest price × quantity of an order")
    .option("--max-quote <value>", "largest price × quantity of an order")
    .option("--band-percent <percent>", "how far market orders may trade")
    .option("--json", "print one JSON object")
    .action(async (code: string, options: ConfigOptions & SetMarketOptions) => {
      const { setMarketCommand } = await import("./commands/markets.ts");
      done(await setMarketCommand(configInput(options), code, options));
    });
  for (const action of ["halt", "resume"] as const) {
    const what = action === "halt" ? "take no more orders; cancels are taken" : "take orders again";
    withFolder(markets.command(action).description(what))
      .argument("<code>", "the market, as `markets list` shows it")
      .option("--json", "print one JSON object")
      .action(async (code: string, options: JsonOptions) => {
        const { marketStateCommand } = await import("./commands/markets.ts");
        done(await marketStateCommand(configInput(options), code, { action, json: options.json }));
      });
  }
}

function addFeeCommands(program: Command, done: Done): void {
  const fees = program
    .command("fees")
    .description("see and set what trades cost; works while the server runs");
  withFolder(fees.command("show", { isDefault: true }).description("show all fees"))
    .option("--json", "print one JSON object")
    .action(async (options: JsonOptions) => {
      const { showFeesCommand } = await import("./commands/fees.ts");
      done(await showFeesCommand(configInput(options), options.json === true));
    });
  withFolder(
    fees.command("set").description("set fees of everybody, of a market or of a user, from now on"),
  )
    .option("--market <code>", "own rates of this market, for users without their own")
    .option("--user <id>", "own rates of this user, in all markets")
    .option("--any-user", "take a name that is no user's, as simulated participants have")
    .option("--maker <percent>", "rate of who rested in the book; a negative one is a rebate")
    .option("--taker <percent>", "rate of who traded at once")
    .option(
      "--step <turnover:maker:taker>",
      "everybody's rates from a turnover of 30 days on; repeatable, the first from 0",
      (text: string, before: readonly string[] = []) => [...before, text],
    )
    .option("--none", "the market or user has no own rates any more")
    .option("--json", "print one JSON object")
    .action(async (options: ConfigOptions & SetFeesOptions) => {
      const { setFeesCommand } = await import("./commands/fees.ts");
      done(await setFeesCommand(configInput(options), options));
    });
}

function addLimitCommands(program: Command, done: Done): void {
  const limits = program
    .command("limits")
    .description("see and set how much the exchange takes in; works while the server runs");
  withFolder(limits.command("show", { isDefault: true }).description("show all limits"))
    .option("--json", "print one JSON object")
    .action(async (options: JsonOptions) => {
      const { showLimitsCommand } = await import("./commands/limits.ts");
      done(await showLimitsCommand(configInput(options), options.json === true));
    });
  withFolder(
    limits.command("set").description("set limits; what is there beyond a lower one stays"),
  )
    .option("--open-orders <n>", "open orders of all users", wholeNumber)
    .option("--open-orders-per-user <n>", "open orders of one user", wholeNumber)
    .option("--users <n>", "users", wholeNumber)
    .option("--markets <n>", "markets", wholeNumber)
    .option("--json", "print one JSON object")
    .action(async (options: ConfigOptions & SetLimitsOptions) => {
      const { setLimitsCommand } = await import("./commands/limits.ts");
      done(await setLimitsCommand(configInput(options), options));
    });
}

function addSessionsCommand(program: Command, done: Done): void {
  withFolder(
    program
      .command("sessions")
      .description("list who is connected to the running server, those that are behind first"),
  )
    .option("--limit <n>", "list at most so many", wholeNumber, 100)
    .option("--json", "print one JSON object")
    .action(async (options: JsonOptions & { limit: number }) => {
      const { listSessionsCommand } = await import("./commands/sessions.ts");
      done(await listSessionsCommand(configInput(options), options));
    });
  withFolder(
    program
      .command("feeds")
      .description("list the feeds of the running server, with each ticker of the live ones"),
  )
    .option("--json", "print one JSON object")
    .action(async (options: JsonOptions) => {
      const { listFeedsCommand } = await import("./commands/feeds.ts");
      done(await listFeedsCommand(configInput(options), options));
    });
}

function addDevClusterCommand(program: Command, done: Done): void {
  withConfig(
    program
      .command("dev-cluster")
      .description(
        "run a whole cluster on this machine for trying: 3 NATS servers, an engine, a standby and 2 gateways",
      ),
  )
    .option("--nats-server <program>", "the NATS server to run, 2.15 or newer", "nats-server")
    .addOption(new Option("--guard <socket>", "be the guard of such a cluster").hideHelp())
    .action(async (options: ConfigOptions & { natsServer: string; guard?: string }) => {
      if (options.guard !== undefined) {
        const { guardProcesses } = await import("./commands/process-guard.ts");
        await guardProcesses(process.stdin, options.guard);
        return done(0);
      }
      const { devCluster } = await import("./commands/dev-cluster.ts");
      done(await devCluster(configInput(options), options));
    });
}

function addClusterCommand(program: Command, done: Done): void {
  const cluster = program
    .command("cluster")
    .description("look after a cluster, at the node of it that runs on this data folder");
  withFolder(
    cluster
      .command("status")
      .description(
        "tell what the node does, who leads, how far behind the log it is; and of all nodes",
      ),
  )
    .option("--hash", "with a digest of its whole state; nothing else is done meanwhile")
    .option("--json", "print one JSON object")
    .action(async (options: JsonOptions & { hash?: true }) => {
      const { clusterStatusCommand } = await import("./commands/cluster.ts");
      done(await clusterStatusCommand(configInput(options), options));
    });
  withFolder(
    cluster
      .command("takeover")
      .description("have this node lead at once; the one that leads finishes and follows"),
  )
    .option("--json", "print one JSON object")
    .action(async (options: JsonOptions) => {
      const { clusterTakeoverCommand } = await import("./commands/cluster.ts");
      done(await clusterTakeoverCommand(configInput(options), options));
    });
  addClusterNodeCommands(cluster, done);
  withFolder(
    cluster
      .command("refill")
      .description(
        "put this folder's log into the cluster's empty stream; nothing runs on the folder meanwhile",
      ),
  )
    .option("--json", "print one JSON object")
    .action(async (options: JsonOptions) => {
      const { clusterRefillCommand } = await import("./commands/cluster.ts");
      done(await clusterRefillCommand(configInput(options), options));
    });
}

function addClusterNodeCommands(cluster: Command, done: Done): void {
  withFolder(
    cluster
      .command("add")
      .argument("<node>", "its name, as its configuration will have it in cluster.node")
      .addOption(
        new Option("--as <role>", "what it will do")
          .choices(["engine", "gateway", "all", "feed"])
          .default("gateway"),
      )
      .description("let a node come that is new or was removed, and print its configuration"),
  )
    .option("--json", "print one JSON object")
    .action(async (node: string, options: JsonOptions & { as: NodeRole }) => {
      const { clusterAddCommand } = await import("./commands/cluster-nodes.ts");
      done(await clusterAddCommand(configInput(options), { ...options, node, role: options.as }));
    });
  withFolder(
    cluster
      .command("remove")
      .argument("<node>", "its name, as openbourse cluster status shows it")
      .description("take a node out for good: it stops, and does not come back until it is added"),
  )
    .option("--json", "print one JSON object")
    .action(async (node: string, options: JsonOptions) => {
      const { clusterRemoveCommand } = await import("./commands/cluster-nodes.ts");
      done(await clusterRemoveCommand(configInput(options), { node, ...options }));
    });
}

function addReplayControlCommand(program: Command, done: Done): void {
  const actions = ["status", "pause", "resume", "speed", "step", "seek"] as const;
  withFolder(
    program
      .command("replay-control")
      .description("say where the running server's recordings are, or move them in time")
      .addArgument(
        new Argument("<action>", "what to do; - does what lines of standard input say").choices([
          ...actions,
          "-",
        ]),
      )
      .argument(
        "[value]",
        "a speed; a step: trade, second or bar; or a moment: 2024-08-08T10:00:00Z",
      ),
  )
    .option("--dataset <code>", "a dataset of the clock, where there are several")
    .option("--json", "print one JSON object")
    .action(
      async (
        action: (typeof actions)[number] | "-",
        value: string | undefined,
        options: JsonOptions & { dataset?: string },
      ) => {
        const { replayControl, replayScript } = await import("./commands/replay-control.ts");
        const { dataset, json } = options;
        const input = configInput(options);
        if (action !== "-") done(await replayControl(input, { action, value, dataset, json }));
        else {
          const lines = createInterface({ input: process.stdin });
          done(await replayScript(input, { actions, dataset, json }, lines));
          // Whoever writes may wait for the end of this program.
          process.stdin.destroy();
        }
      },
    );
}

function addUpkeepCommands(program: Command, done: Done): void {
  withFolder(
    program
      .command("verify")
      .description(
        "run the exchange's log again and compare everything with it; stop the server first",
      ),
  )
    .option("--json", "print one JSON object")
    .action(async (options: ConfigOptions & { json?: true }) => {
      const { verify } = await import("./commands/verify.ts");
      done(await verify(configInput(options), options.json === true));
    });
  withFolder(
    program
      .command("rebuild")
      .description("rebuild the exchange's history from its log; stop the server first"),
  )
    .option("--json", "print one JSON object")
    .action(async (options: ConfigOptions & { json?: true }) => {
      const { rebuild } = await import("./commands/rebuild.ts");
      done(await rebuild(configInput(options), options.json === true));
    });
}
