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
import { FaultNotes } from "../support/fault-notes.ts";
import { firstWrites, lastMessage } from "../support/first-writes.ts";
import { contradiction, LogTruth } from "../support/log-truth.ts";
import { outstandingMax, PacedOrders } from "../support/paced-orders.ts";
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
const perSecond = Number(process.env["OPENBOURSE_TEST_RATE"] ?? rounds(40, 1_000));

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
  const notes = new FaultNotes();
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
    await listen();
    await cluster.comesAbout("all listen", () => listeners.every((listener) => listener.isLive()));
    place();
    await cluster.settled();
    const fromMs = Date.now();
    for (let round = 0; round < (isLong ? longRounds : few.length); round += 1) {
      const fault = (isLong ? possible[random.below(possible.length)] : few[round])!;
      say(`${round} ${new Date().toISOString().slice(11, 19)} ${fault.victim}: ${fault.blow}\n`);
      await told(`round ${round}, ${fault.victim}: ${fault.blow}`, async () => {
        await befall(fault, random);
        await cluster.settled();
      });
    }
    await told("all rounds are over", async () => {
      const toMs = Date.now();
      for (const flow of flows) await flow.stop();
      const last = await cluster.quiet();
      sayAll([`${isLong ? longRounds : few.length} rounds, seed ${seed}`, ...notes.faults()]);
      const tallies = flows.map(({ tally }) => tally);
      sayAll(notes.rates(tallies, { fromMs, toMs }));
      const truth = await LogTruth.read(servers.servers, names);
      expect(truth.exchange.sequence, "nothing is carried out while it is read").toBe(last);
      await reconcileOrders(truth);
      await reconcileStreams(truth);
      await reconcileStates(truth);
      say(`compared within ${Math.round((Date.now() - toMs) / 1_000)} s\n`);
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

  async function listen(): Promise<void> {
    const gateways = cluster.gateways.map(({ http }) => http);
    // The gateway that begins to remember what was taken takes nothing signed before: all would listen at the other one.
    const [user] = cluster.users;
    await until(() =>
      Promise.all(gateways.map((url) => new CryptomusRest({ url, user: user! }).token())),
    );
    for (const [at, user] of cluster.users.slice(0, traders).entries()) {
      listeners.push(new PrivateListener(user, gateways, { names, first: at }));
    }
  }

  function place(): void {
    const users = cluster.users.slice(0, traders);
    const half = perSecond / 2;
    for (const { name, http } of cluster.gateways) {
      const others = cluster.gateways.map((gateway) => gateway.http).filter((one) => one !== http);
      const gateways = [http, ...others];
      flows.push(new PacedOrders({ name, gateways, users, market: market.code, perSecond: half }));
    }
  }

  /** Does a part of the test; where that fails the error says which one, and what was seen until then is said. */
  async function told(part: string, task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      sayAll([`FAILED in ${part} (seed ${seed})`, ...notes.faults()]);
      throw new Error(`${part}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }

  function sayAll(lines: readonly string[]): void {
    say(lines.map((line) => `${line}\n`).join(""));
  }

  /** One round: something happens, orders go on, and it is mended. */
  async function befall(fault: Fault, random: Random): Promise<void> {
    const aimed = await aim(cluster, fault, random);
    const after = await lastMessage(servers.servers);
    for (const flow of flows) flow.forgetAnswers();
    const fromMs = Date.now();
    await aimed.strike();
    const taken = () => flows.reduce((sum, flow) => sum + flow.takenSince(fromMs).length, 0);
    await cluster.comesAbout(
      () =>
        `${afterwards} orders go on, of which ${taken()} do (${flows.map((flow) => flow.refusals).join("; ")})`,
      () => taken() >= afterwards,
    );
    const needsTerm = fault.victim === "the engine that leads";
    const writes = await until(() =>
      firstWrites(servers.servers, { after, atMs: fromMs, needsTerm }),
    );
    const toMs = flows.reduce(
      (first, flow) => flow.takenSince(fromMs).reduce((one, ms) => Math.min(one, ms), first),
      Number.POSITIVE_INFINITY,
    );
    sayAll([`  ${notes.note(fault, writes, { fromMs, toMs })}`]);
    const gone = fault.victim === "a gateway" ? aimed.http : undefined;
    await cluster.comesAbout("whoever listened there goes on elsewhere", () =>
      listeners.every((listener) => listener.isLive(gone)),
    );
    aimed.mend();
  }

  async function reconcileOrders(truth: LogTruth): Promise<void> {
    const all = <Entry>(of: (flow: PacedOrders) => Iterable<Entry>) =>
      flows.flatMap((flow) => [...of(flow)]);
    const { placed } = truth;
    const acknowledged = all((flow) => flow.acknowledged);
    const refused = all((flow) => flow.refused);
    const unknown = all((flow) => flow.unknown);
    const lost = acknowledged.filter((id) => !placed.has(id));
    const doubled = [...placed].flatMap(([id, count]) => (count === 1 ? [] : [id]));
    const done = refused.filter((id) => placed.has(id));
    const inLog = unknown.filter(([id]) => placed.has(id)).length;
    const leftOut = flows.reduce((sum, flow) => sum + flow.leftOut, 0);
    sayAll([
      `${acknowledged.length} orders acknowledged: ${lost.length} lost, ${doubled.length} doubled; ${refused.length} told that nothing was done, or not sent: ${refused.length - done.length} absent`,
      `${unknown.length} unknown, ${inLog} of them in the log; ${leftOut} left out because ${outstandingMax} waited; restarted: ${cluster.restarts.join(" ")}`,
    ]);
    expect(all((flow) => flow.strange)).toEqual([]);
    expect({ lost, doubled, done }).toEqual({ lost: [], doubled: [], done: [] });
    // Whoever was not told asks by the id that they gave.
    for (const [id, user] of unknown.slice(0, askedForMax)) {
      const rest = new CryptomusRest({ url: cluster.gateways[0]!.http, user });
      const open = await rest.openOrders({ clientOrderId: id });
      const found = open.length > 0 || (await rest.closedOrders({ clientOrderId: id })).length > 0;
      expect([id, found]).toEqual([id, placed.has(id)]);
    }
  }

  async function reconcileStreams(truth: LogTruth): Promise<void> {
    const sum = (of: (listener: PrivateListener) => number) =>
      listeners.reduce((all, listener) => all + of(listener), 0);
    const last = (user: CryptomusUser) => truth.of(user.userId).steps.at(-1);
    // Nobody waits for what they were told to have missed.
    const lacks = ({ user, steps, gaps }: PrivateListener) =>
      steps.at(-1) !== last(user) && gaps.at(-1) !== steps.length;
    const lacking = listeners.filter(lacks);
    await cluster.comesAbout(
      () =>
        lacking
          .filter(lacks)
          .map(({ user, steps, gaps, here, counts }) => {
            const { length } = truth.of(user.userId).steps;
            const told = `${steps.length} of ${length} steps, the last one ${steps.at(-1)} of ${last(user)}`;
            return `${user.userId} was told ${told}, at ${here}, gaps before ${gaps.join(" ")}, ${JSON.stringify(counts)}`;
          })
          .join("\n"),
      () => !lacking.some(lacks),
    );
    const reconnects = sum(({ counts }) => counts.reconnects);
    const gapsTold = sum(({ gaps }) => gaps.length);
    sayAll([
      `${sum(({ steps }) => steps.length)} steps of orders and ${sum(({ fills }) => fills)} fills told; ${reconnects} reconnections, ${reconnects - gapsTold} of them without a gap`,
    ]);
    for (const listener of listeners) {
      const { user, gaps } = listener;
      const { steps, fills } = truth.of(user.userId);
      expect(contradiction(listener.steps, gaps, steps)).toBeUndefined();
      expect(listener.faults).toEqual([]);
      await until(() => {
        if (listener.fillGaps === 0) expect(listener.fills).toBe(fills);
        const available = truth.available(user.userId);
        expect(
          [...listener.available].filter(([code, atoms]) => available.get(code) !== atoms),
        ).toEqual([]);
      });
      expect(listener.faults).toEqual([]);
    }
  }

  async function reconcileStates(truth: LogTruth): Promise<void> {
    const own = `${truth.exchange.sequence} ${truth.exchange.stateHash()}`;
    await until(async () => {
      const all = await Promise.all(cluster.nodes.map((node) => node.status(true)));
      const states = all.map(({ sequence, stateHash }) => `${sequence} ${stateHash}`);
      expect(new Set([...states, own]).size).toBe(1);
    });
  }
});
