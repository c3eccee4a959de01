/**
 * A program for the crash test: an engine with trading participants and a stream of numbered deposits.
 * It says what it recovered and then, for each deposit that is acknowledged, its number and sequence.
 */
import { systemClock } from "../../server/src/adapters/clock/system-clock.ts";
import { Audience } from "../../server/src/agents/audience.ts";
import { ParticipantRunner } from "../../server/src/agents/runner.ts";
import { atomsPerUnit } from "../../server/src/core/num/money.ts";
import { Engine } from "../../server/src/engine/engine.ts";
import { engineStores } from "../../server/src/main/stores/engine-stores.ts";
import { say } from "./say.ts";

/** Deposits that may be under way at once. */
const underWayMax = 200;

const [folder, seed] = process.argv.slice(2);
if (folder === undefined || seed === undefined) throw new Error("give a folder and a seed");

const clock = systemClock();

const line = (text: string) => say(`${text}\n`);
const warn = (phrase: string, fields: object = {}) => line(`# ${phrase} ${JSON.stringify(fields)}`);
const log = { debug() {}, info() {}, warn, error: warn };

const engine = await Engine.open({
  stores: engineStores(folder, { log }),
  clock,
  log,
  snapshotEvery: 500,
});
const deposited = engine.exchange.balances("load").find(({ currency }) => currency === "USDT");
let next = Number((deposited?.available ?? 0n) / atomsPerUnit) + 1;
let underWay = 0;
line(`recovered ${next - 1} ${engine.exchange.sequence}`);
// They add the markets, and with them the currency that is deposited.
const audience = new Audience(clock);
const setup = { seed: Number(seed), rate: 100, idleShare: 1 };
const participants = new ParticipantRunner(engine.exchange, clock, setup);
const idle = {};
await engine.start({
  ...{ board: idle, listings: idle, localFeed: idle, agents: participants },
  ...{ marketStates: idle, trades: idle, accounts: idle, positions: idle },
});
await participants.start(engine, audience);

/** Keeps many deposits of one unit under way; the number is the idempotency key. */
function deposit(): void {
  while (underWay < underWayMax) {
    const number = next;
    next += 1;
    underWay += 1;
    const key = `n${number}`;
    engine.sequencer.submit(
      { kind: "deposit", user: "load", currency: "USDT", amount: atomsPerUnit, key },
      (submission) => {
        underWay -= 1;
        const refused =
          submission.kind === "released" && submission.released.events[0]?.kind === "refused";
        if (submission.kind === "released" && !refused)
          line(`ack ${number} ${submission.released.sequence}`);
        else line(`# the exchange did not take a deposit: ${submission.kind}`);
      },
    );
  }
  setImmediate(deposit);
}
deposit();
