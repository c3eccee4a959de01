// Makes a market: one bid and one ask around the middle, moved when the middle moves. No way to earn money.
//
//   node examples/market-maker.js http://127.0.0.1:8080 USER_ID API_KEY BTC_USDT
import {
  add,
  CryptomusRest,
  CryptomusStream,
  divide,
  multiply,
  roundToStep,
  stepOf,
  Trader,
} from "@openbourse/client";

const [url, userId, apiKey, market] = process.argv.slice(2);
const rest = new CryptomusRest({ url, user: { userId, apiKey } });
const stream = new CryptomusStream({ url, token: () => rest.token() });
const trader = new Trader(rest, stream);
const rules = (await rest.markets()).find((row) => row.market === market);
const [tick, lot] = [stepOf(rules.priceDecimals), stepOf(rules.quantityDecimals)];
/** Half of the spread, as a share of the price, and what an order is worth in the quote currency. */
const [half, value] = ["0.002", "50"];
let quoted;
let quotes = [];

async function withdraw() {
  // An order that has just been filled is not there to be cancelled.
  await Promise.allSettled(quotes.map((order) => order.cancel()));
  quotes = [];
}

async function quote(middle) {
  await withdraw();
  quoted = middle;
  const quantity = roundToStep(divide(value, middle, 12), lot, "up");
  const price = (side) => roundToStep(multiply(middle, add("1", side)), tick, "half-up");
  const order = (direction, side) =>
    trader.place({ type: "limit", market, direction, price: price(side), quantity });
  const placed = await Promise.allSettled([order("buy", `-${half}`), order("sell", half)]);
  for (const { reason } of placed) if (reason) console.error(reason.message);
  quotes = placed.flatMap(({ value: taken }) => (taken ? [taken] : []));
  console.log(`quoted ${price(`-${half}`)} ${price(half)} x ${quantity}`);
  for (const { finished, id } of quotes) {
    finished.then(
      ({ end, filledQuantity }) => console.log(`${id} ${end.state} ${filledQuantity}`),
      () => {},
    );
  }
}

stream.states.listen(({ state }) => state === "stale" && withdraw());
process.once("SIGINT", () => withdraw().finally(() => process.exit()));

for await (const { bestBid, bestAsk } of stream.orderBook(market)) {
  if (bestBid === undefined || bestAsk === undefined) continue;
  const middle = divide(add(bestBid[0], bestAsk[0]), "2", rules.priceDecimals);
  const moved = quoted && Number(divide(middle, quoted, 6)) - 1;
  // A thousandth is enough to move; less would chase our own orders.
  if (moved === undefined || Math.abs(moved) > 0.001) await quote(middle);
}
