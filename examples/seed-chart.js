// Fills a chart of one-minute bars from REST, goes on by the stream, and stays whole when the server
// goes away and comes back: what was missed meanwhile is read from REST again.
//
//   node examples/seed-chart.js http://127.0.0.1:8080 API_KEY local BTC/USDT 500
//
// Ctrl-C prints the chart. A browser works the same way; with a Node.js before 22 `ws` takes the place of
// its WebSocket, which this project installs.
const WebSocket = globalThis.WebSocket ?? (await import("ws")).WebSocket;
const [address, key, dataset, ticker, count = "500"] = process.argv.slice(2);
if (ticker === undefined) {
  console.error("usage: node examples/seed-chart.js ADDRESS API_KEY DATASET TICKER [BARS]");
  process.exit(2);
}
const pageSize = 1000;
const retryMs = 500;

/** The bars by the second in which they begin. */
const chart = new Map();
/** Minutes that this connection's stream has told: what it says is newer than what REST says. */
let told = new Set();
/** No bar is missing before this one; undefined while the chart is empty. */
let wholeUntil;
let isFilled = false;

/** Bars from REST, newest first, that begin no later than a second. */
async function page(endAt) {
  const query = new URLSearchParams({ dataset, ticker, interval: "1m", page_size: pageSize });
  if (endAt !== undefined) query.set("end_at", endAt);
  const reply = await fetch(`${address}/latest/time_series?${query}`, {
    headers: { authorization: `apikey ${key}` },
  });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`time_series: ${reply.status} ${text}`);
  return JSON.parse(text).data;
}

/** Reads back to the bar that is known to be whole, or at first as many as the chart is to have. */
async function fill(mayGoOn) {
  let loaded = 0;
  let endAt;
  for (;;) {
    const bars = await page(endAt);
    if (!mayGoOn()) return;
    for (const bar of bars) if (!told.has(bar.t)) chart.set(bar.t, bar);
    loaded += bars.length;
    const oldest = bars.at(-1)?.t;
    const isBack = wholeUntil === undefined ? loaded >= Number(count) : oldest <= wholeUntil;
    if (bars.length < pageSize || isBack) break;
    endAt = oldest - 1;
  }
  isFilled = true;
  noteNewest();
  console.log(`filled: ${chart.size} bars, ${loaded} of them from REST`);
}

function noteNewest() {
  for (const t of chart.keys()) if (wholeUntil === undefined || t > wholeUntil) wholeUntil = t;
}

function connect() {
  told = new Set();
  isFilled = false;
  const socket = new WebSocket(`${address.replace("http", "ws")}/v1?apikey=${key}`);
  const isOpen = () => socket.readyState === WebSocket.OPEN;

  socket.addEventListener("open", () => {
    const stream = { channel: "bars", frequency: "1s", aggregation: "1m" };
    socket.send(JSON.stringify({ event: "subscribe", dataset, tickers: [ticker], ...stream }));
  });

  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(data);
    if (message.status === "error") console.error(message.message);
    // First the stream, then REST: whatever REST does not have yet is told by the stream.
    if (message.event === "subscribe" && message.status === "success") {
      fill(isOpen).catch((error) => {
        console.error(error.message);
        socket.close();
      });
    }
    if (!("o" in message)) return;
    const { t, o, h, l, c, v } = message;
    told.add(t);
    chart.set(t, { t, o, h, l, c, v });
    if (isFilled && t > wholeUntil) wholeUntil = t;
    console.log(`${new Date(t * 1000).toISOString()} ${c}`);
  });

  socket.addEventListener("error", () => {});
  socket.addEventListener("close", ({ code }) => {
    console.error(`closed: ${code}`);
    setTimeout(connect, retryMs);
  });
}

process.on("SIGINT", () => {
  const bars = [...chart.values()].sort((one, other) => one.t - other.t);
  for (const bar of bars) console.log(JSON.stringify(bar));
  process.exit(0);
});

connect();
