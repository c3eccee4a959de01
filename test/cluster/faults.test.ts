/**
 * A whole cluster of processes, of which one part after another is killed, stands still or is cut off while users
 * place orders at both gateways and listen to their private streams. What was acknowledged is in the log once, what was said not
 * to be done is not, everybody was told everything once and in order, and all states are alike.
 */
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import ccxt from "ccxt";
import { afterAll, beforeAll, expect, it } from "vitest";
import { CryptomusRest } from "../../client/src/index.ts";
import { Random } from "../../server/src/simulation/random.ts";
import { aim, type Fault, faultsOf } from "../support/cluster-faults.ts";
import type { CryptomusUser } from "../support/cryptomus-client.ts";
import { type FirstWrites, firstWrites, lastMessage } from "../support/first-writes.ts";
import { contradiction, LogTruth } from "../support/log-truth.ts";
import { PacedOrders } from "../support/paced-orders.ts";
import { PrivateListener } from "../support/private-listener.ts";
import { market, ProcessCluster } from "../support/process-cluster.ts";
import {
  type Sample,
  sampleConnected,
  samplePong,
  samples,
  startSample,
} from "../support/reference-samples.ts";
import { isLong, rounds } from "../support/rounds.ts";
import { say } from "../support/say.ts";
import { until } from "../support/until.ts";
import { withNats } from "../support/with-nats.ts";

/** Orders a second over both gateways together; `OPENBOURSE_TEST_RATE` names another number. */
const perSecond = Number(process.env["OPENBOURSE_TEST_RATE"] ?? rounds(100, 1_000));

/** How often something happens in the long form; `OPENBOURSE_TEST_ROUNDS` names another number. */
const longRounds = Number(process.env["OPENBOURSE_TEST_ROUNDS"] ?? 50);

/** So many orders that were placed after a blow have to be taken before its damage is mended. */
const afterwards = rounds(20, 200);

/** Users who place these orders; one more uses programs of others. */
const traders = 4;

/** Of the orders of which nobody said what became of them so many are asked for. */
const askedForMax = 100;

/** What the short form tries; the long one takes from all there are. */
const fewFaults: readonly Fault[] = [
  { victim: "the engine that leads", blow: "killed" },
  { victim: "a gateway", blow: "cut off" },
  { victim: "the engine that leads", blow: "cut off" },
];

const seed = Number(process.env["OPENBOURSE_TEST_SEED"] ?? Math.floor(Math.random() * 1e6));

withNats("a cluster of processes is", (program) => {
  const cluster = new ProcessCluster(program);
  const { servers, hosts } = cluster;
  const flows: PacedOrders[] = [];
  const listeners: PrivateListener[] = [];
  const names = ["left", "right"];
  const children: ChildProcess[] = [];
  if (hosts.missing !== undefined) say(`nothing is cut off here: ${hosts.missing}\n`);

  beforeAll(async () => await cluster.start(5));
  afterAll(async () => {
    for (const child of children) child.kill("SIGKILL");
    for (const listener of listeners) listener.close();
    await cluster.remove();
  });

  it(`loses nothing that was acknowledged, whatever goes (seed ${seed})`, async () => {
    const random = new Random(seed, "faults");
    const possible = faultsOf(cluster);
    const can = ({ victim, blow }: Fault) =>
      possible.some((one) => one.victim === victim && one.blow === blow);
    const few = fewFaults.filter(can);
    listen();
    await cluster.comesAbout("all listen", () => listeners.every((listener) => listener.isLive()));
    place();
    const times = new Times();
    const began = performance.now();
    for (let round = 0; round < (isLong ? longRounds : few.length); round += 1) {
      await cluster.settled();
      const fault = (isLong ? possible[random.below(possible.length)] : few[round])!;
      await befall(fault, { random, times, round });
    }
    await cluster.settled();
    const seconds = (performance.now() - began) / 1_000;
    for (const flow of flows) await flow.stop();
    times.say();
    const sent = flows.reduce((sum, flow) => sum + flow.sent, 0);
    say(`${sent} orders in ${Math.round(seconds)} s, ${Math.round(sent / seconds)} a second\n`);
    const truth = await LogTruth.read(servers.servers, names);
    await reconcileOrders(truth);
    await reconcileStreams(truth);
    await until(async () => {
      const all = await Promise.all(cluster.nodes.map((node) => node.status(true)));
      const states = all.map(({ sequence, stateHash }) => `${sequence} ${stateHash}`);
      const own = `${truth.exchange.sequence} ${truth.exchange.stateHash()}`;
      expect(new Set([...states, own]).size).toBe(1);
    });
  });

  it("serves ccxt and the samples of the reference, which know of no cluster, while the engine fails over", async () => {
    await cluster.settled();
    const [gateway] = cluster.gateways;
    const user = cluster.users[traders]!;
    const exchange = new ccxt.cryptomus({
      ...{ uid: user.userId, secret: user.apiKey, enableRateLimit: false },
    });
    exchange.urls["api"] = { public: gateway!.http, private: gateway!.http };
    await exchange.loadMarkets();
    const before = await exchange.fetchBalance();
    const running = await Promise.all(
      samples.filter(({ missing }) => missing === undefined).map((sample) => run(sample, user)),
    );
    // ccxt raises what the gateway says, and whoever does not know what became of an order looks for it.
    const isOpen = async (id: string) => {
      const open = await exchange.fetchOpenOrders("BTC/USDT");
      return open.some(({ clientOrderId }) => clientOrderId === id);
    };
    const place = (id: string) =>
      until(async () => {
        if (await isOpen(id)) return;
        const more = { clientOrderId: id };
        await exchange.createOrder("BTC/USDT", "limit", "buy", 0.01, 10_000, more);
      });
    await place("before");
    const leading = await cluster.leading();
    cluster.takeAway(leading);
    await leading.kill();
    await place("after");
    const open = await exchange.fetchOpenOrders("BTC/USDT");
    // ccxt sorts by seconds.
    expect(open.map(({ clientOrderId }) => clientOrderId).toSorted()).toEqual(["after", "before"]);
    for (const { id } of open) await exchange.cancelOrder(id ?? "");
    const closed = await exchange.fetchCanceledAndClosedOrders("BTC/USDT");
    expect(
      closed.map(({ clientOrderId, status }) => `${clientOrderId} ${status}`).toSorted(),
    ).toEqual(["after canceled", "before canceled"]);
    expect(await exchange.fetchBalance()).toEqual({ ...before, info: expect.anything() });
    for (const said of running) {
      const count = said.length;
      await cluster.comesAbout("the samples go on", () => said.length > count + 1);
      const [hello, ...pongs] = said;
      expect([hello, ...new Set(pongs)]).toEqual([sampleConnected, samplePong]);
    }
    cluster.giveBack(leading);
  });

  /** Starts a sample, and gives what it says. */
  async function run(sample: Sample, user: CryptomusUser): Promise<readonly string[]> {
    const { http } = cluster.gateways[0]!;
    const token = await new CryptomusRest({ url: http, user }).token();
    const ws = http.replace(/^http/, "ws");
    const child = startSample(sample, { ws, token, pingSeconds: 0.5 });
    children.push(child);
    const said: string[] = [];
    createInterface({ input: child.stdout }).on("line", (line) => said.push(line));
    await cluster.comesAbout("a sample is answered", () => said.length > 1);
    return said;
  }

  function listen(): void {
    const gateways = cluster.gateways.map(({ http }) => http);
    for (const [at, user] of cluster.users.slice(0, traders).entries()) {
      listeners.push(new PrivateListener(user, gateways, { names, first: at }));
    }
  }

  function place(): void {
    for (const { name, http } of cluster.gateways) {
      const users = cluster.users.slice(0, traders);
      const half = perSecond / 2;
      flows.push(new PacedOrders({ name, http, users, market: market.code, perSecond: half }));
    }
  }

  /** One round: something happens, orders go on, and it is mended. */
  async function befall(
    fault: Fault,
    {
      random,
      times,
      round,
    }: { readonly random: Random; readonly times: Times; readonly round: number },
  ): Promise<void> {
    say(`${round} ${new Date().toISOString().slice(11, 19)} ${fault.victim}: ${fault.blow}\n`);
    const aimed = await aim(cluster, fault, random);
    const after = await lastMessage(servers.servers);
    for (const flow of flows) flow.forgetAnswers();
    const atMs = Date.now();
    await aimed.strike();
    const taken = () => flows.reduce((sum, flow) => sum + flow.takenSince(atMs).length, 0);
    await cluster.comesAbout("orders go on", () => taken() >= afterwards);
    const needsTerm = fault.victim === "the engine that leads";
    const writes = await until(() => firstWrites(servers.servers, { after, atMs, needsTerm }));
    const answers = flows.flatMap((flow) => flow.takenSince(atMs));
    times.note(fault, writes, Math.min(...answers) - atMs);
    const gone = fault.victim === "a gateway" ? aimed.http : undefined;
    await cluster.comesAbout("whoever listened there goes on elsewhere", () =>
      listeners.every((listener) => listener.isLive(gone)),
    );
    aimed.mend();
  }

  async function reconcileOrders(truth: LogTruth): Promise<void> {
    const all = <Entry>(of: (flow: PacedOrders) => Iterable<Entry>) =>
      flows.flatMap((flow) => [...of(flow)]);
    const acknowledged = all((flow) => flow.acknowledged.keys());
    const refused = all((flow) => flow.refused.keys());
    const unknown = all((flow) => flow.unknown);
    const inLog = unknown.filter(([id]) => truth.placed.has(id)).length;
    say(
      `${acknowledged.length} acknowledged, ${refused.length} certainly not carried out, ${unknown.length} unknown (${inLog} of them in the log); restarted: ${cluster.restarts.join(" ")}\n`,
    );
    expect(all((flow) => flow.strange)).toEqual([]);
    expect(acknowledged.filter((id) => truth.placed.get(id) !== 1)).toEqual([]);
    expect(refused.filter((id) => truth.placed.has(id))).toEqual([]);
    expect([...truth.placed].filter(([, count]) => count !== 1)).toEqual([]);
    // Whoever was not told asks by the id that they gave.
    for (const [id, user] of unknown.slice(0, askedForMax)) {
      const rest = new CryptomusRest({ url: cluster.gateways[0]!.http, user });
      const open = await rest.openOrders({ clientOrderId: id });
      const found = open.length > 0 || (await rest.closedOrders({ clientOrderId: id })).length > 0;
      expect([id, found]).toEqual([id, truth.placed.has(id)]);
    }
  }

  async function reconcileStreams(truth: LogTruth): Promise<void> {
    for (const listener of listeners) {
      const { user, gaps } = listener;
      const { steps, fills } = truth.of(user.userId);
      const last = steps.at(-1);
      await cluster.comesAbout("the last step is told", () => listener.steps.at(-1) === last);
      expect(contradiction(listener.steps, gaps, steps)).toBeUndefined();
      await until(() => {
        if (gaps.length === 0) expect(listener.fills).toBe(fills);
        const available = truth.available(user.userId);
        expect(
          [...listener.available].filter(([code, atoms]) => available.get(code) !== atoms),
        ).toEqual([]);
      });
      expect(listener.faults).toEqual([]);
    }
    const sum = (of: (listener: PrivateListener) => number) =>
      listeners.reduce((all, listener) => all + of(listener), 0);
    say(
      `${sum(({ steps }) => steps.length)} steps of orders and ${sum(({ fills }) => fills)} fills told; ${sum(({ counts }) => counts.reconnects)} reconnections, of which ${sum(({ gaps }) => gaps.length)} with a gap that was told\n`,
    );
  }
});

/** How long it took until the log went on, by what had happened. */
class Times {
  readonly #of = new Map<string, { readonly what: string; readonly ms: number }[]>();

  note({ victim, blow }: Fault, { commandMs, takeoverMs }: FirstWrites, answerMs: number): void {
    const all = this.#of.get(`${victim}: ${blow}`) ?? [];
    this.#of.set(`${victim}: ${blow}`, all);
    if (takeoverMs !== undefined) all.push({ what: "takeover", ms: takeoverMs });
    if (commandMs !== undefined) all.push({ what: "first command", ms: commandMs });
    all.push({ what: "first order answered", ms: answerMs });
  }

  say(): void {
    for (const [name, all] of this.#of) {
      const parts = ["takeover", "first command", "first order answered"].flatMap((what) => {
        const ms = all.filter((one) => one.what === what).map((one) => Math.round(one.ms));
        ms.sort((left, right) => left - right);
        return ms.length === 0
          ? []
          : [`${what} after ${ms[Math.floor(ms.length / 2)]} ms, at most ${ms.at(-1)}`];
      });
      const count = all.filter(({ what }) => what === "first order answered").length;
      say(`${name} (${count}): ${parts.join("; ")}\n`);
    }
  }
}
