// Prints the bars of tickers as they grow, and goes on after any loss of the connection.
//
//   node examples/live-bars.js http://127.0.0.1:8080 API_KEY huobi BTC/USDT ETH/USDT
import { FinazonStream } from "@openbourse/client";

const [url, key, dataset, ...tickers] = process.argv.slice(2);
const stream = new FinazonStream({ url, key });
stream.states.listen((state) => console.error(`${state.state} ${state.why?.message ?? ""}`));
stream.refusals.listen(({ ticker, fault }) => console.error(`${ticker}: ${fault.message}`));

for await (const bar of stream.bars({ dataset, tickers })) {
  const time = new Date(bar.startMs).toISOString().slice(11, 16);
  console.log(
    `${time} ${bar.ticker} ${bar.open} ${bar.high} ${bar.low} ${bar.close} ${bar.volume}`,
  );
}
