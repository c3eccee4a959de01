/**
 * Administration as an operator meets it: the same commands against a server that runs and against
 * the data folder of one that is stopped, with the same answers.
 */
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runHere } from "../support/command-here.ts";
import { addMarket, deposit } from "../support/operator.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import {
  type CommandResult,
  type ServerProcess,
  startServerProcess,
} from "../support/server-process.ts";
import { untilTrue } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-admin-"));
const data = join(folder, "data");
const adminSocket = join(data, "admin.sock");
afterAll(() => rmSync(folder, { recursive: true }));

/** A server whose exchange has only what these tests bring, with all that it prints. */
const yaml = "exchange: {participants: {enabled: false}}\ndatasets: []";
const startProcess = () => startServerProcess({ data, yaml });

/** The same in this process, where nothing that is printed is looked at. */
const start = (at = data): Promise<ServerHere> =>
  startServerHere({
    data: at,
    settings: {
      "exchange.participants.enabled": false,
      "demo.key": true,
      "demo.users": true,
      datasets: [],
    },
  });

/** Runs a command on the data folder. */
function run(...args: readonly string[]): Promise<CommandResult> {
  return runHere([...args, "--data", data]);
}

/** The answer of a command that has to succeed. */
async function answerOf(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await run(...args, "--json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
}

/** The fault of a command that has to be refused. */
async function faultOf(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  return stderr;
}

/** The status of an operation that is asked for at the socket. */
function ask(path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    httpRequest({ socketPath: adminSocket, method: "POST", path: `/${path}` })
      .on("error", reject)
      .on("response", (response) => {
        response.resume();
        resolve(response.statusCode);
      })
      .end("{}");
  });
}

describe("help", () => {
  it.each([
    [["users", "--help"], "disable"],
    [["deposit", "--help"], "--any-user"],
    [["markets", "add", "--help"], "--band-percent"],
  ])("%j explains itself", async (args, word) => {
    const { code, stdout } = await runHere(args);
    expect({ code, named: stdout.includes(word) }).toEqual({ code: 0, named: true });
  });
});

describe("a mistyped data folder", () => {
  it("is named, and not made into an empty exchange", async () => {
    const mistyped = join(folder, "dat");
    const transfer = ["deposit", "--user", "x", "--currency", "USDT", "--amount", "1"];
    const { code, stderr } = await runHere([...transfer, "--data", mistyped]);
    expect(code).toBe(2);
    expect(stderr).toBe(
      `openbourse: there is no data folder ${mistyped}: name the right one with --data, or begin one with \`openbourse serve\` or \`openbourse init\`\n`,
    );
    expect(existsSync(mistyped)).toBe(false);
  });
});

describe.each(["stopped", "running"])("with the server %s", (state) => {
  let here: ServerHere | undefined;
  /** Two codes that the other turn of these tests does not use: a market to add, and one that is there. */
  const [base, old, user] =
    state === "running" ? ["ETH", "SOL", "agent-r"] : ["BTC", "TRX", "agent-s"];
  const added = `${base}_USDT`;
  const market = `${old}_USDT`;

  beforeAll(async () => {
    if (state === "running") here = await start();
    else {
      const begun = await run("init", "--set", "demo.key=true", "--set", "demo.users=true");
      expect(begun.code).toBe(0);
    }
    await addMarket(data, { code: market, tick: "0.01", lot: "0.001" });
  });
  afterAll(() => here?.server.stop());

  it("users are made, listed without their keys, and disabled", async () => {
    const made = await answerOf("users", "create", "--label", `bot ${state}`);
    expect(Object.keys(made).slice(0, 2)).toEqual(["userId", "apiKey"]);
    const { userId, apiKey } = made as { userId: string; apiKey: string };
    expect(userId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(apiKey).toMatch(/^[0-9A-Za-z]{64}$/);

    const { stdout } = await run("users", "list");
    expect(stdout).toMatch(new RegExp(`^${userId}  good      \\d{4}-.*Z  bot ${state}$`, "m"));
    expect(stdout).not.toContain(apiKey);
    expect((await run("users", "list", "--json")).stdout).not.toContain(apiKey);

    expect(await answerOf("users", "disable", userId)).toMatchObject({ id: userId });
    expect((await run("users", "list")).stdout).toContain(`${userId}  disabled`);
    expect(await faultOf("users", "disable", userId)).toContain("was disabled before");
  });

  it("markets are added, listed, halted and resumed", async () => {
    const rules = ["--tick", "0.01", "--lot", "0.0001", "--band-percent", "2.5"];
    expect(await answerOf("markets", "add", added, ...rules)).toEqual({
      code: added,
      state: "open",
      tick: "0.01",
      lot: "0.0001",
      minBase: "0.0001",
      maxBase: "100000",
      minQuote: "0",
      maxQuote: "10000000",
      bandPercent: "2.5",
    });
    expect(await faultOf("markets", "add", added, ...rules)).toContain("already");
    expect((await run("markets", "halt", added)).stdout).toBe(
      `${added} is halted: it takes cancels and no new orders\n`,
    );
    expect((await run("markets", "list")).stdout).toContain(`${added}      halted  tick 0.01  lot`);
    expect(await answerOf("markets", "resume", added)).toEqual({ market: added, state: "open" });
  });

  it("rules of a market, fees and limits are set and shown", async () => {
    const set = await run("markets", "set", market, "--min-base", "0.01");
    expect(set.stdout).toMatch(/^minBase is 0\.01; it was [\d.]+\n.* base 0\.01 to /);
    const rates = ["--maker", "-0.01", "--taker", "0.05"];
    expect((await run("fees", "set", "--market", market, ...rates)).stdout).toBe(
      `fees of ${market} are maker -0.01 % taker 0.05 %; they were none\n`,
    );
    expect(await answerOf("fees")).toMatchObject({
      markets: expect.arrayContaining([{ market, makerPercent: "-0.01", takerPercent: "0.05" }]),
    });
    const limit = state === "running" ? 400 : 500;
    expect(await answerOf("limits", "set", "--open-orders-per-user", String(limit))).toMatchObject({
      changed: [{ what: "openOrdersPerUserMax", to: String(limit) }],
    });
  });

  it("money is brought and taken, once for each key", async () => {
    const { userId } = await answerOf("users", "create");
    const to = ["--user", String(userId), "--currency", "USDT"];
    const deposit = ["deposit", ...to, "--amount", "1000", "--key", "a"];
    expect(await answerOf(...deposit)).toMatchObject({ available: "1000", repeated: false });
    expect((await run(...deposit)).stdout).toBe(
      `the deposit of 1000 USDT for ${userId} was made before under the key a: nothing changed\n`,
    );
    const withdrawn = await run("withdraw", ...to, "--amount", "0.75");
    expect(withdrawn.stdout).toMatch(/^withdrawal of 0\.75 USDT .* now 999\.25 USDT available\n$/);

    expect(await faultOf("withdraw", ...to, "--amount", "1000")).toContain("has less than 1000");
  });

  it("money goes to a name that is no user's only on request", async () => {
    const deposit = ["deposit", "--user", user, "--currency", old, "--amount", "1"];
    expect(await faultOf(...deposit)).toContain(`there is no user ${user}`);
    expect(await answerOf(...deposit, "--any-user")).toMatchObject({ available: "1" });
  });
});

describe("what is kept", () => {
  /** A folder that got a market while no server ran on it, and one while one did. */
  const kept = join(folder, "kept");
  beforeAll(async () => {
    await (await start(kept)).server.stop();
    await addMarket(kept, { code: "BTC_USDT", tick: "0.01", lot: "0.001" });
    const { server } = await start(kept);
    await addMarket(kept, { code: "ETH_USDT", tick: "0.01", lot: "0.001" });
    await server.stop();
  });

  it("was kept from both turns", async () => {
    const { stdout } = await runHere(["markets", "list", "--data", kept]);
    expect(stdout).toMatch(/^BTC_USDT .*\nETH_USDT .*\n$/);
    expect((await runHere(["verify", "--log-level", "silent", "--data", kept])).code).toBe(0);
  });

  it("can be read by its owner only", () => {
    const modes = ["master-key", "users.db"].map((name) => statSync(join(kept, name)).mode & 0o777);
    expect(modes).toEqual([0o600, 0o600]);
    expect(statSync(kept).mode & 0o077).toBe(0);
  });
});

describe("the administration of a running server", () => {
  beforeAll(async () => {
    await (await start()).server.stop();
    if (!(await run("markets", "list")).stdout.includes("BTC_USDT"))
      await addMarket(data, { code: "BTC_USDT", tick: "0.01", lot: "0.0001" });
  });

  it("is a socket for the owner, which goes when the server does", async () => {
    const { server, http } = await start();
    const stats = statSync(adminSocket);
    expect([stats.isSocket(), stats.mode & 0o777]).toEqual([true, 0o600]);
    expect(await ask("list-markets")).toBe(200);
    // The public port knows nothing of it.
    const publicly = await fetch(`${http}/list-markets`, { method: "POST" });
    expect(publicly.status).toBe(404);
    await server.stop();
    expect(readdirSync(data)).not.toContain("admin.sock");
  });

  it("may be gone without having said so: the next command goes on alone", async () => {
    const killed = await startProcess();
    await killed.stop("SIGKILL");
    expect(readdirSync(data)).toContain("admin.sock");
    expect(await answerOf("markets", "halt", "BTC_USDT")).toMatchObject({ state: "halted" });
    expect(await answerOf("markets", "resume", "BTC_USDT")).toMatchObject({ state: "open" });
    const next = await start();
    expect(await ask("list-markets")).toBe(200);
    await next.server.stop();
  });

  it("serves 64 commands at once, and those that come while it stops wait until it has", async () => {
    const { server } = await start();
    const { userId } = await answerOf("users", "create");
    const give = (index: number) =>
      deposit(data, { user: String(userId), currency: "BTC", amount: "1", key: `${index}` });
    const keys = Array.from({ length: 64 }, (_, index) => index);
    await Promise.all(keys.map(give));
    const stopped = server.stop();
    await give(64);
    await stopped;
    expect(readdirSync(data)).not.toContain("admin.sock");
    await give(0);
    const to = ["--user", String(userId), "--currency", "BTC"];
    expect(await answerOf("deposit", ...to, "--amount", "1")).toMatchObject({ available: "66" });
  });

  it("cannot be gone past while the server has the exchange", async () => {
    const { server } = await start();
    rmSync(adminSocket);
    const { code, stderr } = await run("markets", "list");
    expect(code).toBe(1);
    expect(stderr).toContain("commands.db is locked by another process");
    await server.stop();
  });
});

describe("a user made while the server runs", () => {
  it("can sign at once, has what is deposited, and is refused once they are disabled", async () => {
    const { server, http } = await start();
    const { userId, apiKey } = (await answerOf("users", "create")) as {
      userId: string;
      apiKey: string;
    };
    await run("deposit", "--user", userId, "--currency", "BTC", "--amount", "1.5");
    const balance = () =>
      fetch(`${http}/v2/user-api/exchange/account/balance`, {
        headers: { userId, sign: createHash("md5").update(apiKey).digest("hex") },
      });
    expect(await (await balance()).json()).toEqual({
      result: [{ ticker: "BTC", available: "1.50000000", held: "0.00000000" }],
    });
    await run("users", "disable", userId);
    // A change of the users is looked for about every second.
    await expect.poll(async () => (await balance()).ok).toBe(false);
    await server.stop();
  });
});

describe("demo users", () => {
  let first: ServerProcess;
  beforeAll(async () => {
    first = await startProcess();
  });
  afterAll(() => first.stop());

  it("come with a line that shows a balance when it is pasted", async () => {
    const server = first;
    await server.demoUser(1);
    await untilTrue(() => server.output().stdout.includes("account stream: "));
    const line = /^balance: curl -s (\S+) -H '(\S+): (\S+)' -H '(\S+): (\S+)'$/m;
    const [, url = "", ...header] = line.exec(server.output().stdout) ?? [];
    const [name1 = "", value1 = "", name2 = "", value2 = ""] = header;
    const response = await fetch(url, { headers: { [name1]: value1, [name2]: value2 } });
    expect(await response.json()).toMatchObject({
      result: expect.arrayContaining([
        { ticker: "USDT", available: "100000.00000000", held: "0.00000000" },
      ]),
    });
  });

  it("are shown at every start, funded once, and their keys are in no log", async () => {
    const turn = async (server: ServerProcess) => {
      const users = [await server.demoUser(0), await server.demoUser(1)] as const;
      for (const { apiKey } of users) expect(server.output().stderr).not.toContain(apiKey);
      await server.stop();
      return users;
    };
    const [user] = await turn(first);
    const [again] = await turn(await startProcess());
    expect(again).toEqual(user);
    const from = ["--user", user.userId, "--currency", "USDT"];
    const withdrawn = await answerOf("withdraw", ...from, "--amount", "1");
    expect(withdrawn).toMatchObject({ available: "99999" });
  });

  it("are not made where they are not wanted", async () => {
    const elsewhere = join(folder, "elsewhere");
    const server = await startServerProcess({
      data: elsewhere,
      yaml: `${yaml}\ndemo: {users: false}`,
    });
    await server.stop();
    expect(server.output().stdout).not.toContain("demo user");
    expect((await runHere(["users", "list", "--data", elsewhere])).stdout).toBe("");
  });
});

describe("the master key", () => {
  beforeAll(async () => (await start()).server.stop());

  it("given by a wrong variable, or missing beside users, is said plainly and never printed", async () => {
    const key = readFileSync(join(data, "master-key"), "utf8");
    rmSync(join(data, "master-key"));
    const missing = await run("users", "create");
    expect(missing).toMatchObject({ code: 1, stdout: "" });
    expect(missing.stderr).toContain("users.db is missing: put it back into");
    writeFileSync(join(data, "master-key"), `${"0".repeat(64)}\n`, { mode: 0o600 });
    expect((await run("users", "create")).stderr).toContain("the master key is another one");
    writeFileSync(join(data, "master-key"), key, { mode: 0o600 });
    expect((await run("users", "create")).code).toBe(0);
  });
});
