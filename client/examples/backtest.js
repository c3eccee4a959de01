// Trades on a recording that the server replays, as if it were live: buys above the average of the last bars, sells below.
// The bars of a recording end when it is over, and so does the loop.
//
//   node examples/backtest.js http://127.0.0.1:8080 API_KEY DATASET BTC/USDT
import { add, compare, divide, FinazonStream, multiply, subtract } from "@openbourse/client";

const [url, key, dataset, ticker] = process.argv.slice(2);
const stream = new FinazonStream({ url, key });
const window = 5;
const closes = [];
let [cash, held, trades, minutes] = ["10000", "0", 0, 0];
let last;

/** A minute is over: its bar will not change any more. */
function decide({ close }) {
  minutes += 1;
  closes.push(close);
  if (closes.length > window) closes.shift();
  const average = divide(closes.reduce(add), String(closes.length), 12);
  const isAbove = compare(close, average) > 0;
  const holds = compare(held, "0") > 0;
  if (closes.length < window || isAbove === holds) return;
  if (isAbove) [cash, held] = ["0", divide(cash, close, 12)];
  else [cash, held] = [multiply(held, close), "0"];
  trades += 1;
}

for await (const bar of stream.bars({ dataset, tickers: [ticker], frequency: "1m" })) {
  // The same minute comes again until the next one begins.
  if (last !== undefined && bar.startMs > last.startMs) decide(last);
  last = bar;
}
stream.close();
if (last !== undefined) decide(last);
const worth = add(cash, multiply(held, last?.close ?? "0"));
const profit = subtract(worth, "10000");
console.log(
  `${minutes} minutes, ${trades} trades, worth ${divide(worth, "1", 2)}, profit ${divide(profit, "1", 2)}`,
);
