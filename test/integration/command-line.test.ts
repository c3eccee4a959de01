/** The command line as an operator meets it: answers on standard output, faults on standard error, exit codes. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runHere } from "../support/command-here.ts";
import { commandFile, runCommand } from "../support/server-process.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));
const data = join(folder, "data");
beforeAll(async () => {
  expect((await runHere(["init", "--data", data])).code).toBe(0);
});

describe("help", () => {
  it.each([
    [["--help"], "serve"],
    [["serve", "--help"], "--port"],
    [["check-config", "--help"], "--json"],
    [["print-config", "--help"], "--json"],
    [["keys", "--help"], "revoke"],
    [["keys", "create", "--help"], "--workspace"],
    [["replay", "--help"], "--speed"],
    [["watch", "--help"], "--frequency"],
  ])("%j explains itself and exits 0", async (args, word) => {
    const { code, stdout } = await runHere(args);
    expect(code).toBe(0);
    expect(stdout).toContain("Usage: openbourse");
    expect(stdout).toContain(word);
  });

  it("tells the version", async () => {
    expect((await runHere(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe("a wrong command line exits 2 and says what is wrong", () => {
  it.each([
    [["serv"], '"serv" is not a command; did you mean serve?'],
    [["serve", "--prot", "1"], "unknown option '--prot'"],
    [
      ["serve", "--port", "http"],
      '--port: server.port must be a whole number from 0 to 65535, but is "http"',
    ],
    [["serve", "--set", "nothing"], "Write it as key=value."],
    [
      ["serve", "--config", "/nowhere.yaml"],
      "configuration file /nowhere.yaml: there is no such file",
    ],
    [["keys", "create", "--data", data], "required option '--workspace <name>' not specified"],
    [["keys", "create", "--data", data, "--workspace", "No!"], "a workspace name is"],
    [["keys", "revoke", "01234567", "--data", data], "there is no key 01234567"],
    [["keys", "list", "--workspace", "nobody", "--data", data], "there is no workspace nobody"],
    [["replay"], "missing required argument 'file'"],
    [["watch", "X", "--data", join(folder, "none")], "give an API key with --key"],
  ])("%j", async (args, fault) => {
    const { code, stdout, stderr } = await runHere(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(fault);
  });
});

describe("a command whose reader has gone", () => {
  it("ends quietly, as other tools do", async () => {
    const command = await commandFile();
    const args = ["print-config", "check-config", "--help", `keys list --data '${data}'`];
    const pipes = args.map(
      (line) => `"${process.execPath}" "${command}" ${line} | true; echo "\${PIPESTATUS[0]}"`,
    );
    const ended = spawnSync("bash", ["-c", pipes.join("\n")], { encoding: "utf8", cwd: folder });
    // Keys there are none, and so nothing is written that nobody could read.
    expect(ended).toMatchObject({ stdout: "141\n141\n141\n0\n", stderr: "" });
  });
});

describe("check-config and print-config", () => {
  it("say that a configuration is fine, and print it with its defaults so that it can be used again", async () => {
    const file = join(folder, "good.yaml");
    writeFileSync(file, "server: {port: 9000}\n");
    expect(await runHere(["check-config", "--config", file])).toEqual({
      code: 0,
      stdout: `configuration is fine (${file})\n`,
      stderr: "",
    });
    const yaml = await runHere(["print-config", "--config", file]);
    const again = join(folder, "again.yaml");
    writeFileSync(again, yaml.stdout);
    expect((await runHere(["print-config", "--config", again])).stdout).toBe(yaml.stdout);
    const json = JSON.parse((await runHere(["print-config", "--config", file, "--json"])).stdout);
    expect(json).toMatchObject({ server: { port: 9000 }, bars: { latenessMs: 10_000 } });
  });

  it("name every fault with its place and exit 2", async () => {
    const file = join(folder, "bad.yaml");
    writeFileSync(file, "server:\n  port: 99999\nlimits:\n  conections: 1\n");
    const { code, stderr } = await runHere(["check-config", "--config", file]);
    expect(code).toBe(2);
    expect(stderr.split("\n").slice(0, 2)).toEqual([
      `${file}:2:9 server.port must be a whole number from 0 to 65535, but is 99999`,
      expect.stringContaining(
        `${file}:4:3 limits.conections is not a known key; did you mean "connectionsMax"?`,
      ),
    ]);
    const json = await runHere(["check-config", "--config", file, "--json"]);
    expect(json.code).toBe(2);
    expect(JSON.parse(json.stdout)).toMatchObject({
      ok: false,
      faults: [expect.any(String), expect.any(String)],
    });
  });
});

describe("keys", () => {
  it("are made, shown once, listed without the key, and revoked", async () => {
    const made = await runHere([
      "keys",
      "create",
      "--workspace",
      "desk",
      "--label",
      "bot 1",
      "--data",
      data,
      "--json",
    ]);
    expect(made.stderr).toBe("");
    const { key, id, workspace } = JSON.parse(made.stdout);
    expect(key).toMatch(/^[0-9a-f]{32}[0-9a-z]{2}$/);
    expect(workspace).toBe("desk");

    const listed = await runHere(["keys", "list", "--data", data, "--json"]);
    expect(JSON.parse(listed.stdout)).toEqual([
      expect.objectContaining({ id, workspace: "desk", label: "bot 1" }),
    ]);
    expect(listed.stdout).not.toContain(key);

    expect(await runHere(["keys", "revoke", id, "--data", data])).toEqual({
      code: 0,
      stdout: `key ${id} is revoked\n`,
      stderr: "",
    });
    expect((await runHere(["keys", "revoke", id, "--data", data])).code).toBe(2);
    expect((await runHere(["keys", "list", "--data", data])).stdout).toMatch(
      new RegExp(`^${id}  revoked  \\d{4}-.*Z  desk  bot 1\n$`),
    );
  });

  it("are kept where only their owner can read", () => {
    expect(statSync(data).mode & 0o077).toBe(0);
    expect(statSync(join(data, "keys.db")).mode & 0o077).toBe(0);
  });
});

describe("workspaces", () => {
  it("are listed with the limits of their own, which can be set and forgotten", async () => {
    const workspaces = async (...args: string[]) => {
      const { code, stdout, stderr } = await runHere(["workspaces", ...args, "--data", data]);
      return code === 0 ? stdout : stderr;
    };
    expect(await workspaces("list")).toBe("desk  the server's default limits\n");
    expect(
      await workspaces("limit", "desk", "--connections", "10", "--datasets", "huobi,local"),
    ).toBe("desk  connectionsMax=10 datasets=huobi,local\n");
    expect(await workspaces("limit", "desk", "--tickers", "5", "--json")).toBe(
      '{"name":"desk","limits":{"connectionsMax":10,"tickersMax":5,"datasets":["huobi","local"]}}\n',
    );
    expect(await workspaces("limit", "desk", "--reset")).toBe(
      "desk  the server's default limits\n",
    );
    expect(await workspaces("limit", "nobody", "--tickers", "5")).toContain(
      "there is no workspace nobody",
    );
    expect(await workspaces("limit", "desk", "--tickers", "many")).toContain(
      "It must be a whole number above 0.",
    );
  });
});

describe("replay --print", () => {
  const header = "id,price,qty,quote_qty,time,is_buyer_maker\n";

  it("prints each bar in its last state with exact digits", async () => {
    const file = join(folder, "trades.csv");
    writeFileSync(
      file,
      `${header}1,100.10,2.50000000,250.25,1700000000000,false\n2,100.30,0.00000001,0,1700000005000,true\n3,99.9,1,99.9,1700000045000,true\n`,
    );
    const { code, stdout } = await runHere(["replay", file, "--ticker", "BTC/USDT", "--print"]);
    expect(code).toBe(0);
    expect(stdout).toBe(
      '{"ticker":"BTC/USDT","t":1699999980,"open":100.1,"high":100.3,"low":100.1,"close":100.3,"volume":2.50000001,"quoteVolume":250.250001003,"takerBuyVolume":2.5,"takerBuyQuoteVolume":250.25,"trades":2,"revision":0}\n' +
        '{"ticker":"BTC/USDT","t":1700000040,"open":99.9,"high":99.9,"low":99.9,"close":99.9,"volume":1,"quoteVolume":99.9,"takerBuyVolume":0,"takerBuyQuoteVolume":0,"trades":1,"revision":0}\n',
    );
  });

  it("counts 600 trades of which one is 26 days ahead, and says which", async () => {
    const file = join(folder, "wild.csv");
    const rows = Array.from({ length: 600 }, (_, at) => {
      const time = 1_700_000_000_000 + at * 1_000 + (at === 29 ? 26 * 86_400_000 : 0);
      return `${at + 1},1,1,1,${time},false`;
    });
    writeFileSync(file, `${header}${rows.join("\n")}\n`);

    const { code, stdout, stderr } = await runCommand(["replay", file, "--ticker", "X", "--print"]);

    const counts = [...stdout.matchAll(/"trades":(\d+)/g)].map(([, count]) => Number(count));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(599);
    expect(stderr).toContain(`not used: 1 outlying (first: ${file}:31)`);
    expect(code).toBe(1);
  });

  it("ends quietly when nobody reads on", async () => {
    const file = join(folder, "long.csv");
    const rows = Array.from(
      { length: 20_000 },
      (_, minute) => `${minute},1,1,1,${1_700_000_000_000 + minute * 60_000},false`,
    );
    writeFileSync(file, `${header}${rows.join("\n")}\n`);
    const command = await commandFile();
    const pipe = `"${process.execPath}" "${command}" replay "${file}" --ticker X --print | head -n 1`;
    const { status, stdout, stderr } = spawnSync("sh", ["-c", pipe], { encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout.startsWith('{"ticker":"X"')).toBe(true);
  });

  it("reports a malformed line with its place, and exits 1 on a file that is something else", async () => {
    const file = join(folder, "dirty.csv");
    writeFileSync(
      file,
      `${header}1,100,1,100,1700000000000,false\n2,abc,1,1,1700000001000,false\n`,
    );
    const dirty = await runCommand([
      "replay",
      file,
      "--ticker",
      "X",
      "--print",
      "--log-format",
      "text",
    ]);
    expect(dirty.code).toBe(1);
    expect(dirty.stderr).toContain(`${file}:3`);
    expect(dirty.stderr).toContain(
      `replay: 1 trades in 1 bars; not used: 1 malformed (first: ${file}:3); 50.00 % of the trades are missing`,
    );
    const tolerant = await runHere([
      "replay",
      file,
      "--ticker",
      "X",
      "--print",
      "--unused-max",
      "50",
    ]);
    expect(tolerant.code).toBe(0);

    const other = join(folder, "notes.txt");
    writeFileSync(other, "dear diary,\ntoday\n");
    const failed = await runCommand([
      "replay",
      other,
      "--ticker",
      "X",
      "--print",
      "--log-format",
      "text",
    ]);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain(other);
  });
});
