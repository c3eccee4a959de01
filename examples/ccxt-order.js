// The same with ccxt: its adapter for Cryptomus as it is, only with other addresses.
//
//   npm install ccxt
//   node examples/ccxt-order.js http://127.0.0.1:8080 USER_ID API_KEY
import ccxt from "ccxt";

const [address, uid, secret] = process.argv.slice(2);
if (secret === undefined) {
  console.error("usage: node examples/ccxt-order.js ADDRESS USER_ID API_KEY");
  process.exit(2);
}
const exchange = new ccxt.cryptomus({ uid, secret });
exchange.urls.api = { public: address, private: address };

const symbol = "BTC/USDT";
await exchange.loadMarkets();
mendPrecisions(exchange);
const { bids } = await exchange.fetchOrderBook(symbol);
// Far below the best bid, so that it waits.
const price = exchange.priceToPrecision(symbol, bids[0][0] / 2);
const amount = exchange.amountToPrecision(symbol, 0.0123456789);
const { id } = await exchange.createOrder(symbol, "limit", "buy", Number(amount), Number(price));
console.log(`placed ${id}`);
const open = await exchange.fetchOpenOrders(symbol);
console.log(`open: ${open.map((order) => `${order.id} ${order.side} at ${order.price}`)}`);
await exchange.cancelOrder(id);
const { USDT } = await exchange.fetchBalance();
console.log(`free ${USDT.free} USDT, in orders ${USDT.used}`);

/**
 * ccxt's adapter takes the decimals of quantities for those of prices and the other way round (4.5.84), so
 * that `amountToPrecision(symbol, 0.01)` throws. Not to be called twice, nor once ccxt has mended it.
 */
function mendPrecisions({ markets }) {
  for (const market of Object.values(markets)) {
    const { amount, price } = market.precision;
    Object.assign(market.precision, { amount: price, price: amount });
  }
}
