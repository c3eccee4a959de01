// Makes up a day to trade: ten minutes of orders in LOBSTER's format, and the configuration of a server that plays them.
// The same seed gives the same day.
//
//   node examples/make-day.js [FOLDER] [SEED]
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const folder = resolve(process.argv[2] ?? "day");
let state = Number(process.argv[3] ?? 1);

/** A whole number from 0 to below `count`. */
function below(count) {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * count);
}

// An order is [id, price in cents, shares]; 1 buys, -1 sells.
const book = { 1: [], "-1": [] };
const opening = 10_000;
const begin = 34_200;
const rows = [];
let time = 0;
let orders = 0;

function tell(type, [id, price, shares], side) {
  rows.push(`${(begin + time / 1_000).toFixed(3)},${type},${id},${shares},${price * 100},${side}`);
}

/** The best price of a side; what that side does next depends on it. */
function best(side) {
  const prices = book[side].map(([, price]) => price);
  if (prices.length === 0) return opening - side;
  return side === 1 ? Math.max(...prices) : Math.min(...prices);
}

/** An order comes within five cents of the other side's best price, and never meets it. */
function come(side) {
  orders += 1;
  const order = [orders, best(-side) - side * (1 + below(5)), 10 * (1 + below(10))];
  book[side].push(order);
  tell(1, order, side);
}

/** The first order at the best price is executed, or any order is cancelled. */
function go(side, isExecuted) {
  const price = best(side);
  const at = isExecuted
    ? book[side].findIndex((order) => order[1] === price)
    : below(book[side].length);
  tell(isExecuted ? 4 : 3, book[side].splice(at, 1)[0], side);
}

while (time < 600_000) {
  const side = below(2) === 0 ? 1 : -1;
  if (book[side].length < 5 || below(2) === 0) come(side);
  else go(side, below(2) === 0);
  time += 1 + below(600);
}

mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "day.csv"), `${rows.join("\n")}\n`);
writeFileSync(
  join(folder, "openbourse.yaml"),
  `data: ${JSON.stringify(join(folder, "data"))}
datasets: []
exchange:
  participants: { enabled: false }
  days:
    - market: AAPL_USD
      format: lobster
      files: [${JSON.stringify(join(folder, "day.csv"))}]
      midnight: 2012-06-21T04:00:00Z
      tickSize: "0.01"
      lotSize: "1"
      paused: true
`,
);
console.log(`${rows.length} messages and openbourse.yaml are in ${folder}`);
