// Shows the best five levels of a market's order book whenever they change, and says how far they can be trusted.
//
//   node examples/order-book.js http://127.0.0.1:8080 USER_ID API_KEY BTC_USDT
import { CryptomusRest, CryptomusStream, subtract } from "@openbourse/client";

const [url, userId, apiKey, market] = process.argv.slice(2);
const rest = new CryptomusRest({ url, user: { userId, apiKey } });
const stream = new CryptomusStream({ url, token: () => rest.token() });
const live = stream.orderBook(market);

for await (const book of live) {
  const { bids, asks } = book.top(5);
  const [[bid = "-"] = [], [ask = "-"] = []] = [bids[0], asks[0]];
  const spread = bids.length > 0 && asks.length > 0 ? subtract(ask, bid) : "-";
  console.log(`${market} ${live.state} bid ${bid} ask ${ask} spread ${spread}`);
  for (const [price, quantity] of asks.toReversed()) console.log(`      ${price}  ${quantity}`);
  for (const [price, quantity] of bids) console.log(`  ${price}      ${quantity}`);
}
