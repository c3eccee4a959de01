// Pushes trades, one JSON object a line on standard input, to a dataset of `kind: push` over WebSocket, and
// ends when all of them are stored. What was not acknowledged is sent again: trades are known by their ids.
//
//   openbourse keys create --workspace desk --ingest desk
//   node examples/push-trades.js ws://127.0.0.1:8080/openbourse/v1/ingest/desk KEY < trades.ndjson
import { createInterface } from "node:readline";

const WebSocket = globalThis.WebSocket ?? (await import("ws")).WebSocket;
const [address, key] = process.argv.slice(2);
if (key === undefined) {
  console.error("usage: node examples/push-trades.js ADDRESS KEY < TRADES");
  process.exit(2);
}
const rowsOfBatch = 500;
const underWayMax = 8;
const retryMs = 500;

/** Batches that were not acknowledged: those that wait, and those that are under way by their numbers. */
const waiting = [];
let underWay = new Map();
let sent = 0;
let stored = 0;
let socket;

function send() {
  while (waiting.length > 0 && underWay.size < underWayMax && socket.readyState === 1) {
    const batch = waiting.shift();
    sent += 1;
    underWay.set(sent, batch);
    socket.send(batch);
  }
}

function answered({ batch, status, trades, known, error }) {
  const text = underWay.get(batch);
  underWay.delete(batch);
  if (status === 200) {
    stored += trades + known;
  } else if (status === 429 || status === 503) {
    waiting.unshift(text);
    setTimeout(send, retryMs);
    return;
  } else {
    console.error(`batch ${batch} is refused: ${JSON.stringify(error)}`);
    process.exit(1);
  }
  if (waiting.length + underWay.size > 0) {
    send();
    return;
  }
  console.log(`${stored} trades are stored`);
  process.exit(0);
}

function connect() {
  socket = new WebSocket(`${address}?apikey=${key}`);
  sent = 0;
  socket.onopen = send;
  socket.onmessage = ({ data }) => answered(JSON.parse(data));
  socket.onclose = () => {
    waiting.unshift(...underWay.values());
    underWay = new Map();
    setTimeout(connect, retryMs);
  };
  socket.onerror = () => {};
}

const rows = [];
for await (const line of createInterface({ input: process.stdin })) {
  rows.push(line);
  if (rows.length === rowsOfBatch) waiting.push(rows.splice(0).join("\n"));
}
if (rows.length > 0) waiting.push(rows.join("\n"));
if (waiting.length > 0) connect();
