// Streams one-minute bars from a running server and prints the last price of each ticker.
//
//   node examples/stream-bars.js ws://127.0.0.1:8080 API_KEY BTC/USDT AI/USDT
//
// A browser works the same way. WebSocket is built into Node.js 22 and newer; with an older one `ws`
// takes its place, which this project installs.
const WebSocket = globalThis.WebSocket ?? (await import("ws")).WebSocket;
// Whoever reads only the first lines, as `head` does, ends the program.
process.stdout.on("error", () => process.exit(0));
const [address, key, ...tickers] = process.argv.slice(2);
const socket = new WebSocket(`${address}/v1?apikey=${key}`);

socket.addEventListener("open", () => {
  socket.send(
    JSON.stringify({
      event: "subscribe",
      dataset: "huobi",
      tickers,
      channel: "bars",
      frequency: "1s",
      aggregation: "1m",
    }),
  );
});

socket.addEventListener("message", ({ data }) => {
  const message = JSON.parse(data);
  if (message.status === "error") console.error(message.message);
  // The same minute comes again and again while it runs; a new `t` is a new bar.
  if ("c" in message) console.log(`${message.s} ${message.c}`);
});

// A server that is stopping closes with 1001: come back in a moment.
socket.addEventListener("close", ({ code, reason }) => {
  console.error(`closed: ${code} ${reason}`);
});
