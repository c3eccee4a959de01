// Trades a recorded day by the recording's clock, which it moves: so many seconds on, a look at the book, one order at the
// best price, which buys where the price is below its average and sells above it. Nothing depends on how fast the machine
// is: the same day gives the same fills. No way to earn money.
//
//   node examples/trade-day.js http://127.0.0.1:8080 USER_ID API_KEY CONFIG [MARKET] [SECONDS] [QUANTITY]
//
// CONFIG is the server's configuration file. OPENBOURSE is the command to run; by default that of this checkout.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import {
  add,
  CryptomusRest,
  compare,
  divide,
  multiply,
  normalized,
  roundToStep,
  stepOf,
  subtract,
} from "@openbourse/client";

const [url, userId, apiKey, config, market = "AAPL_USD", seconds = "10", quantity = "20"] =
  process.argv.slice(2);
if (config === undefined) {
  console.error("usage: node examples/trade-day.js ADDRESS USER_ID API_KEY CONFIG [MARKET] …");
  process.exit(2);
}
const [base, quote] = market.split("_");
const window = 12;
const rest = new CryptomusRest({ url, user: { userId, apiKey } });
const rules = (await rest.markets()).find((row) => row.market === market);
if (rules === undefined) throw new Error(`there is no market ${market}`);

const own = fileURLToPath(new URL("../server/bin/openbourse.js", import.meta.url));
const [command, ...args] = process.env.OPENBOURSE?.split(" ") ?? [process.execPath, own];
const options = ["--json", "--dataset", market, "--config", config];
const control = spawn(command, [...args, "replay-control", "-", ...options], {
  stdio: ["pipe", "pipe", "inherit"],
});
const answers = createInterface({ input: control.stdout })[Symbol.asyncIterator]();

/** Moves the clock; when that is answered, all that was recorded until then has been traded. */
async function move(action) {
  control.stdin.write(`${action}\n`);
  const { value, done } = await answers.next();
  // What was wrong has been printed.
  if (done === true) process.exit(1);
  const [{ marketUs, state }] = JSON.parse(value).replays;
  return { timeMs: Math.ceil(marketUs / 1_000_000) * 1_000, isOver: state === "ended" };
}

const timeOf = (ms) => new Date(ms).toISOString().slice(11, 19);
/** What a currency's wallet has, in orders or not. */
async function owned(currency) {
  const [wallet] = await rest.balances(currency);
  return wallet === undefined ? "0" : add(wallet.available, wallet.held);
}

let order;
let fills = 0;
let held = "0";

/** Takes the order back, and tells what was filled of it. */
async function withdraw(timeMs) {
  if (order === undefined) return;
  // One that is filled is not there any more.
  await rest.cancel(order).catch(({ fault }) => {
    if (fault?.kind !== "refused") throw new Error(fault?.message);
  });
  const [{ direction, fills: parts }] = await rest.closedOrders({ orderId: order });
  order = undefined;
  for (const { price, quantity: filled, role, fee, feeCurrency } of parts) {
    fills += 1;
    held = direction === "buy" ? add(held, filled) : subtract(held, filled);
    if (feeCurrency === base) held = subtract(held, fee);
    const what = `${direction} ${normalized(filled)} at ${normalized(price)} as ${role}`;
    console.log(`until ${timeOf(timeMs)} ${what}`);
  }
}

/** Places an order of whole lots, where there is one to place. */
async function place(direction, price, most) {
  const size = roundToStep(most, stepOf(rules.quantityDecimals), "down");
  if (compare(size, "0") <= 0) return;
  const terms = { type: "limit", market, direction, price, quantity: size };
  try {
    ({ id: order } = await rest.place(terms));
  } catch ({ message }) {
    console.error(`no ${direction} of ${size}: ${message}`);
  }
}

const before = { base: await owned(base), quote: await owned(quote) };
const middles = [];
let { timeMs, isOver } = await move("pause");
while (!isOver) {
  const toMs = timeMs + Number(seconds) * 1_000;
  ({ timeMs, isOver } = await move(`seek ${new Date(toMs).toISOString()}`));
  await withdraw(timeMs);
  const { bids, asks } = await rest.orderBook(market);
  const [[bid] = [], [ask] = []] = [bids[0], asks[0]];
  if (isOver || bid === undefined || ask === undefined) continue;
  const middle = divide(add(bid, ask), "2", 12);
  middles.push(middle);
  if (middles.length > window) middles.shift();
  const average = divide(middles.reduce(add), String(middles.length), 12);
  const side = compare(middle, average);
  if (side < 0 && compare(held, multiply(quantity, "3")) < 0) {
    await place("buy", bid, quantity);
  } else if (side > 0) {
    await place("sell", ask, compare(held, quantity) < 0 ? held : quantity);
  }
}
control.stdin.end();
const change = {
  base: subtract(await owned(base), before.base),
  quote: subtract(await owned(quote), before.quote),
};
const [left, earned] = [change.base, change.quote].map(normalized);
console.log(`${fills} fills, ${left} ${base} and ${earned} ${quote}`);
