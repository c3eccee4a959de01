// Trades on a running server over the Cryptomus protocol and prints what the stream says about it:
// a limit order that waits and is cancelled, then a market order that is filled.
//
//   node examples/cryptomus-order.js http://127.0.0.1:8080 USER_ID API_KEY
//
// Needs no package with Node.js 22 or newer; with an older one `ws`, which this project installs. Against the service itself only the addresses differ.
import { createHash } from "node:crypto";

const WebSocket = globalThis.WebSocket ?? (await import("ws")).WebSocket;
const [address, userId, apiKey] = process.argv.slice(2);
const market = "BTC_USDT";
if (apiKey === undefined) {
  console.error("usage: node examples/cryptomus-order.js ADDRESS USER_ID API_KEY");
  process.exit(2);
}

/** Sends a signed request; sign = md5(base64(body) + API key), also where there is no body. */
async function call(method, path, fields) {
  const body = fields === undefined ? "" : JSON.stringify(fields);
  const base64 = Buffer.from(body).toString("base64");
  const sign = createHash("md5")
    .update(base64 + apiKey)
    .digest("hex");
  const response = await fetch(`${address}/v2/user-api/exchange${path}`, {
    method,
    headers: { userId, sign, ...(body === "" ? {} : { "content-type": "application/json" }) },
    ...(body === "" ? {} : { body }),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer.message}`);
  return answer;
}

// A token opens one connection, within five minutes.
const { token } = await call("GET", "/account/web-socket/token");
const socket = new WebSocket(`${address.replace("http", "ws")}/ws?token=${token}`);
const updates = [];
let wake = () => {};

socket.addEventListener("message", ({ data }) => {
  const { method, data: content, error } = JSON.parse(data);
  if (error !== null) throw new Error(`refused: ${error.message}`);
  if (method?.endsWith("_update") !== true) return;
  console.log(describe(method, content));
  updates.push({ method, ...content });
  wake();
});
socket.addEventListener("close", ({ code, reason }) => console.log(`closed: ${code} ${reason}`));

function describe(method, { type, info }) {
  if (method === "order_update") {
    const { id, direction, orderType, filledQuantity, state = "open" } = info;
    return `order ${id} ${type}: ${orderType} ${direction}, ${state}, filled ${filledQuantity}`;
  }
  if (method === "deal_update") {
    return `deal ${info.filledQuantity} at ${info.filledPrice} as ${info.tradeRole}, fee ${info.fee} ${info.feeCurrency}`;
  }
  return `balance ${info.currencyCode} ${info.oldBalance} -> ${info.newBalance}`;
}

/** Resolves with the update that says that an order has ended. */
async function finished(orderId) {
  for (;;) {
    const found = updates.find(({ type, info }) => type === "finished" && info.id === orderId);
    if (found !== undefined) return found;
    await new Promise((resolve) => {
      wake = resolve;
    });
  }
}

await new Promise((resolve, reject) => {
  socket.addEventListener("open", resolve);
  socket.addEventListener("error", () => reject(new Error("the stream refused the connection")));
});
// The connection is closed after 60 seconds without a request.
const keepAlive = setInterval(() => send("ping", []), 30_000);
send("order_subscribe", [market]);
send("deal_subscribe", [market]);
send("balance_subscribe", ["BTC", "USDT"]);

function send(method, params) {
  socket.send(JSON.stringify({ id: 1, method, params }));
}

const { price } = await call("GET", `/markets/price?symbol=${market}`);
// Far below the market, so that it waits.
const waiting = await call("POST", "/orders", {
  market,
  direction: "buy",
  price: String(Math.floor(Number(price) / 2)),
  quantity: "0.01",
});
await call("DELETE", `/orders/${waiting.order_id}`);
await finished(waiting.order_id);

const bought = await call("POST", "/orders/market", { market, direction: "buy", value: "100" });
await finished(bought.order_id);
clearInterval(keepAlive);
socket.close(1000);
