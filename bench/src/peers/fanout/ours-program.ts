/**
 * The server's own hub and WebSocket gateway, with a dialect of no words: a client subscribes to the
 * topics that its address names, and the text of a message is made beforehand, as for the peers.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "../../../../server/src/adapters/clock/system-clock.ts";
import { frameText } from "../../../../server/src/adapters/ws/frame.ts";
import { Gateway } from "../../../../server/src/adapters/ws/gateway.ts";
import { allocate } from "../../../../server/src/adapters/ws/socket-transport.ts";
import { tuneCollector } from "../../../../server/src/cli/collector.ts";
import { Hub } from "../../../../server/src/hub/hub.ts";
import type { MarketTopic, UpdateOf } from "../../../../server/src/marketdata/topic.ts";
import type { Dialect, Encoding, Session } from "../../../../server/src/ports/dialect.ts";
import { Numbering } from "../../../../server/src/streams/numbering.ts";
import { obeyCommands, topicsOf } from "./fanout-program.ts";

// As the server's command line does.
tuneCollector();

const outboxBytesMax = Number(process.argv[3]);
const messageBytesMax = 65_536;

/** What travels as an update: its text is ready. */
type ReadyUpdate = UpdateOf["trades"] & { readonly text: string };

const topics = Array.from(
  { length: Number(process.argv[2]) },
  (_, at): MarketTopic => ({ kind: "trades", market: `TOPIC_${at}` }),
);
const encoding: Encoding<"trades"> = {
  name: "ready",
  encode: (_, update) => (update as ReadyUpdate).text,
};

const dialect: Dialect = {
  name: "ready",
  accepts: () => true,
  open: (request) => ({ kind: "accepted", session: subscriberOf(request.query("topics")) }),
};

function subscriberOf(asked: string | undefined): Session {
  const mine = topicsOf(asked, topics.length).map((at) => ({
    topic: topics[at]!,
    encoding: encoding as Encoding,
  }));
  return {
    owner: "client",
    messageBytesMax,
    deadlineMs: Number.POSITIVE_INFINITY,
    started: () => mine.map((each) => ({ kind: "subscribe", ...each })),
    receive: () => [],
    ended: () => {},
  };
}

const hub = new Hub({ frameText, allocate, schedule: (task) => setImmediate(task) });
const gateway = new Gateway({
  dialects: [dialect],
  hub,
  clock: systemClock(),
  log: { debug() {}, info() {}, warn() {}, error() {} },
  connectionsMax: 20_000,
  outboxBytesMax,
  pingIntervalMs: 25_000,
});
const server = createServer();
server.on("upgrade", (request, socket, head) => gateway.upgrade(request, socket, head));
server.listen(0, "127.0.0.1", 1_024);
await once(server, "listening");

const numbering = new Numbering({ epoch: "bench", sequence: 0 });
let sequence = 0;
await obeyCommands((server.address() as AddressInfo).port, (messages) => {
  for (const { topic: at, text } of messages) {
    const topic = topics[at]!;
    sequence += 1;
    const update = { text } as ReadyUpdate;
    const message = numbering.number(topic, { sequence, tick: 0 }, update);
    hub.publish(topic, message, { kind: "state", key: topic.market });
  }
});
