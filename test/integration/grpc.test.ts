/** gRPC as a listener: off unless it is asked for, bounded, drained when it stops, and unharmed by those who mean harm. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from "node:http2";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { requestBytesMax } from "../../server/src/adapters/grpc/listener.ts";
import { dialects } from "../../server/src/main/dialects.ts";
import type { DatasetReader, StoredTradeQuery } from "../../server/src/ports/dataset-reader.ts";
import { MemoryDatasetStore } from "../../server/src/testing/memory-dataset-store.ts";
import { canMakeCertificates, makeCertificate } from "../support/certificate.ts";
import { GrpcClient, grpcMissing } from "../support/grpc-client.ts";
import { addKey } from "../support/operator.ts";
import { type ServerHere, startServerHere } from "../support/server-here.ts";
import { startServerProcess } from "../support/server-process.ts";
import { until } from "../support/until.ts";

const folder = mkdtempSync(join(tmpdir(), "openbourse-grpc-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** No exchange, which would be noise here. */
const settings = {
  "server.grpc.port": 0,
  "demo.key": false,
  "terminal.enabled": false,
  "exchange.enabled": false,
};

const gzip = { "grpc-encoding": "gzip" };
const trades = "TradeService/GetTrades";
const lists = "DatasetsService/GetDatasets";
const question = { dataset: "huobi", ticker: "BTC/USDT" };

/** A history whose trades are told when the test says so. */
function slowHistory() {
  const asked: StoredTradeQuery[] = [];
  const answers: (() => void)[] = [];
  const store = new MemoryDatasetStore();
  const history: DatasetReader = {
    bars: (query) => store.bars(query),
    coverage: (query) => store.coverage(query),
    tickers: (dataset) => store.tickers(dataset),
    trades(query) {
      asked.push(query);
      return new Promise((resolve) => answers.push(() => resolve(store.trades(query))));
    },
  };
  const protocols = dialects.map((protocol) => ({
    ...protocol,
    open: (context, config) => protocol.open({ ...context, history }, config),
  })) satisfies typeof dialects;
  return { asked, protocols, answerAll: () => answers.splice(0).map((answer) => answer()) };
}

it("is not there unless it is configured", async () => {
  const { "server.grpc.port": _, ...without } = settings;
  const here = await startServerHere({ data: join(folder, "off"), settings: without });
  expect(here.server.grpcPort).toBeUndefined();
  expect(await here.figure("openbourse_grpc_connections")).toBeUndefined();
  expect((await fetch(`${here.http}/docs/finazon.proto`)).status).toBe(404);
  await here.server.stop();
});

describe.skipIf(grpcMissing !== undefined)("a server with gRPC", () => {
  const slow = slowHistory();
  const data = join(folder, "data");
  const clients: GrpcClient[] = [];
  const workers: Worker[] = [];
  const noteWorker = (worker: Worker) => workers.push(worker);
  let here: ServerHere;
  let key: string;
  const open = async (options = {}) => {
    const client = await GrpcClient.open({ port: here.server.grpcPort ?? 0, key, ...options });
    clients.push(client);
    return client;
  };
  beforeAll(async () => {
    process.on("worker", noteWorker);
    here = await startServerHere({
      ...{ data, protocols: slow.protocols },
      settings: { ...settings, "limits.restCallsPerMinuteMax": 10_000 },
    });
    key = addKey(data, "desk").key;
    const first = await open();
    await until(() => first.call(lists, {}));
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
    slow.answerAll();
  });
  afterAll(async () => {
    process.off("worker", noteWorker);
    await here.server.stop();
    expect(here.log.filter(({ level }) => level === "error")).toEqual([
      expect.objectContaining({ phrase: "the thread of gRPC has ended, and is started again" }),
    ]);
  });

  it("hands its description out, and links to it from /docs", async () => {
    const reply = await fetch(`${here.http}/docs/finazon.proto`);
    expect(await reply.text()).toContain("service TimeSeriesService {");
    expect(await (await fetch(`${here.http}/docs`)).text()).toContain('href="/docs/finazon.proto"');
  });

  it("leaves what nobody waits for any more: a deadline that is over, a call that was taken back", async () => {
    const client = await open();
    const before = slow.asked.length;
    const late = client.refusal(trades, question, { deadline: Date.now() + 500 });
    const { promise: cancelled, resolve: cancel } = Promise.withResolvers<void>();
    const takenBack = client.refusal(trades, question, { cancelled });
    await until(() => expect(slow.asked.length).toBe(before + 2));
    cancel();

    expect((await takenBack).status).toBe("CANCELLED");
    expect((await late).status).toBe("DEADLINE_EXCEEDED");
    for (const query of slow.asked.slice(before)) {
      await until(() => expect(query.isAbandoned?.()).toBe(true));
    }
  });

  it("answers what it does not have as not implemented", async () => {
    const session = await sessionAt(here.server.grpcPort ?? 0);
    const answer = await ask(session, { ":path": "/finazon.SecService/GetFilings" }, frame(""));
    expect(answer["grpc-status"]).toBe("12");
    session.destroy();
  });

  it("is started again when its thread has ended", async () => {
    const thread = workers.findLast(({ threadName }) => threadName === "grpc");
    const client = await open();
    await client.call(lists, {});
    await thread?.terminate();
    await until(() => client.call(lists, {}));
  });

  describe("under attack", () => {
    /** What is sent, and statuses of gRPC that may be answered; none where the connection just ends. */
    const messages: readonly (readonly [
      string,
      Record<string, string>,
      Buffer,
      readonly string[],
    ])[] = [
      ["no message at all", {}, Buffer.alloc(0), ["12"]],
      ["bytes that are no message", {}, frame(Buffer.alloc(4_000, 0xff)), ["13"]],
      [
        "a field that is longer than its message",
        {},
        frame(Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f])),
        ["0", "13"],
      ],
      ["fields within fields within fields", {}, frame(Buffer.alloc(16_000, 0x7b)), ["13"]],
      ["a text that is no text", {}, frame(Buffer.from([0x0a, 3, 0xed, 0xa0, 0x80])), ["0"]],
      ["a message that is too long", {}, frame(Buffer.alloc(requestBytesMax + 1)), ["8"]],
      ["a length that is a lie", {}, Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 1]), ["8"]],
      ["half a message", {}, Buffer.from([0, 0, 0, 0, 9, 1]), ["12", "13"]],
      ["twenty thousand messages in one call", {}, Buffer.alloc(100_000), ["12"]],
      ["a packed message that is huge", gzip, frame(gzipSync(Buffer.alloc(50_000_000)), 1), ["8"]],
      ["a packed message that is none", gzip, frame(Buffer.alloc(100, 7), 1), ["13"]],
      ["a packing that nobody knows", { "grpc-encoding": "snappy" }, frame("x", 1), ["12"]],
      ["a deadline that is none", { "grpc-timeout": "soon" }, frame(""), ["13"]],
      ["a deadline in a hundred years", { "grpc-timeout": "99999999H" }, frame(""), ["0", "4"]],
      [
        "a procedure with a name of any bytes",
        { ":path": "/finazon.\u00e9\u00ff%00/x" },
        frame(""),
        ["12"],
      ],
      ["a key of any bytes", { authorization: "Bearer \u00e9\u00ff" }, frame(""), ["16"]],
    ];

    it.each(messages)("%s harms nobody", async (_what, headers, body, statuses) => {
      const session = await sessionAt(here.server.grpcPort ?? 0);
      const answer = await ask(session, { authorization: `Bearer ${key}`, ...headers }, body);
      session.destroy();
      expect(statuses).toContain(answer["grpc-status"]);
      expect((await (await open()).call(lists, {})).message).toHaveProperty("result");
    });

    it("a peer that speaks something else harms nobody", async () => {
      const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
      for (const bytes of [
        "GET / HTTP/1.1\r\n\r\n",
        Buffer.alloc(70_000, 0xff),
        `${preface}garbage${"x".repeat(99_999)}`,
      ]) {
        const socket = createConnection(here.server.grpcPort ?? 0, "127.0.0.1");
        socket.on("error", () => {}).write(bytes);
        await new Promise((resolve) => socket.once("close", resolve).resume());
      }
      await (await open()).call(lists, {});
    });

    it("a thousand calls at once on a connection are answered a few at a time, and others are answered meanwhile", async () => {
      const session = await sessionAt(here.server.grpcPort ?? 0);
      const other = await open();
      const headers = { authorization: `Bearer ${key}` };
      const calls = Array.from({ length: 1_000 }, () => ask(session, headers, frame("")));
      for (let call = 0; call < 5; call += 1) await other.call(lists, {});
      const statuses = new Set((await Promise.all(calls)).map((answer) => answer["grpc-status"]));
      session.destroy();
      expect(statuses).toEqual(new Set(["0"]));
    });

    it("whoever does not take an answer, or begins a call and does not go on, is disconnected", async () => {
      const impatient = await startServerHere({
        data: join(folder, "impatient"),
        settings: { ...settings, "server.http.answerTimeoutMs": 200 },
      });
      const port = impatient.server.grpcPort ?? 0;
      const own = addKey(join(folder, "impatient"), "lazy").key;
      // Nothing may be sent to the first one.
      const reader = await sessionAt(port, { initialWindowSize: 0 });
      const writer = await sessionAt(port);
      const gone = [reader, writer].map(
        (session) => new Promise((resolve) => session.once("close", resolve)),
      );
      const asked = reader.request({ ...grpcHeaders, authorization: `Bearer ${own}` });
      asked.on("error", () => {}).end(frame(""));
      const begun = writer.request(grpcHeaders).on("error", () => {});
      begun.write(Buffer.from([0, 0, 0, 0, 9]));
      await Promise.all(gone);
      const ended = 'openbourse_grpc_connections_ended_total{reason="answer-timeout"}';
      await until(async () => expect(await impatient.figure(ended)).toBe(2));
      await impatient.server.stop();
    });
  });

  it.skipIf(!canMakeCertificates())(
    "speaks TLS where the server does, with the certificate of the day",
    async () => {
      const files = makeCertificate(folder);
      const secure = await startServerHere({
        data: join(folder, "secure"),
        settings: { ...settings, "server.tls.cert": files.cert, "server.tls.key": files.key },
      });
      const port = secure.server.grpcPort ?? 0;
      const own = addKey(join(folder, "secure"), "desk").key;
      const trusting = async (trusted: Buffer) => {
        const client = await GrpcClient.open({ port, key: own, trusted });
        clients.push(client);
        return client;
      };
      const first = readFileSync(files.cert);
      const client = await trusting(first);
      await until(() => client.call(lists, {}));
      expect((await (await open({ port })).refusal(lists, {})).status).toBe("UNAVAILABLE");

      makeCertificate(folder);
      secure.server.renewCertificate();
      await until(async () => (await trusting(readFileSync(files.cert))).call(lists, {}));
      expect((await (await trusting(first)).refusal(lists, {})).status).toBe("UNAVAILABLE");
      // Who has come with the old one stays.
      await client.call(lists, {});
      await secure.server.stop();
    },
  );

  it("is in the package: a process that says where it listens, answers, and ends when it is told", async () => {
    const started = await startServerProcess({
      yaml: "server: {grpc: {port: 0}}\nexchange: {enabled: false}\n",
    });
    const [, port = ""] =
      /^gRPC listening on 127\.0\.0\.1:(\d+)$/m.exec(started.output().stdout) ?? [];
    const client = await open({ port: Number(port), key: started.demoKey });
    await until(() => client.call(lists, {}));
    expect(await started.stop()).toBe(0);
    expect(started.output().stderr).not.toContain('"level":"error"');
  });

  it("says which port is taken, and where another one is chosen", async () => {
    const { "server.grpc.port": _, ...without } = settings;
    const taken = here.server.grpcPort;
    await expect(
      startServerHere({
        data: join(folder, "taken"),
        settings: { ...without, "server.grpc.port": taken },
      }),
    ).rejects.toThrow(
      `port ${taken} of 127.0.0.1 is in use: choose another one with server.grpc.port`,
    );
  });

  it("ends what is under way when it stops, and takes nothing new", async () => {
    const other = slowHistory();
    const stopping = await startServerHere({
      ...{ data: join(folder, "stopping"), protocols: other.protocols, settings },
    });
    const port = stopping.server.grpcPort ?? 0;
    const own = addKey(join(folder, "stopping"), "desk").key;
    const client = await GrpcClient.open({ port, key: own });
    await until(() => client.call(lists, {}));
    const answer = client.refusal(trades, question);
    await until(() => expect(other.asked).toHaveLength(1));

    const stopped = stopping.server.stop();
    await until(() => expect(isRefused(port)).resolves.toBe(true));
    other.answerAll();
    // Nothing is known of the ticker, and that is the answer.
    expect((await answer).status).toBe("UNAVAILABLE");
    await stopped;
    client.close();
  });
});

const grpcHeaders = {
  ":method": "POST",
  ":path": "/finazon.DatasetsService/GetDatasets",
  "content-type": "application/grpc",
  te: "trailers",
};

/** A message as it is sent. */
function frame(message: string | Buffer, flag = 0): Buffer {
  const bytes = Buffer.from(message);
  const head = Buffer.alloc(5);
  head.writeUInt8(flag, 0);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

function sessionAt(port: number, own = {}): Promise<ClientHttp2Session> {
  const session = connect(`http://127.0.0.1:${port}`, { settings: own });
  session.on("error", () => {});
  return new Promise((resolve) => session.once("remoteSettings", () => resolve(session)));
}

/** Sends bytes; headers and trailers that come back, none where it just ends. */
function ask(
  session: ClientHttp2Session,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
): Promise<IncomingHttpHeaders> {
  const stream = session.request({ ...grpcHeaders, ...headers });
  const found: IncomingHttpHeaders = {};
  const note = (more: IncomingHttpHeaders) => Object.assign(found, more);
  stream
    .on("response", note)
    .on("trailers", note)
    .on("error", () => {})
    .resume()
    .end(body);
  return new Promise((resolve) => stream.once("close", () => resolve(found)));
}

/** Whether nobody listens on a port any more. */
function isRefused(port: number): Promise<boolean> {
  const socket = createConnection(port, "127.0.0.1");
  return new Promise((resolve) => {
    socket.once("connect", () => resolve(false)).once("error", () => resolve(true));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}
