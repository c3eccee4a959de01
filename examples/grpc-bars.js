// Asks a running server over gRPC for the newest minutes of a ticker and their moving average.
//
//   node examples/grpc-bars.js http://127.0.0.1:8080 127.0.0.1:9090 API_KEY local BTC/USDT
//
// The first address is where the server hands out what the client is made of, the second one where it speaks gRPC
// (`server.grpc.port`). It needs the packages @grpc/grpc-js and @grpc/proto-loader, which this project installs.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import grpc from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const [http, address, key, dataset, ticker] = process.argv.slice(2);

const folder = mkdtempSync(join(tmpdir(), "grpc-bars-"));
const file = join(folder, "finazon.proto");
writeFileSync(file, await (await fetch(`${http}/docs/finazon.proto`)).text());
const options = { keepCase: true, longs: Number, arrays: true };
const { finazon } = grpc.loadPackageDefinition(loadSync(file, options));
rmSync(folder, { recursive: true });

// `grpc.credentials.createSsl()` for a server with TLS.
const service = new finazon.TimeSeriesService(address, grpc.credentials.createInsecure());
const metadata = new grpc.Metadata();
metadata.set("authorization", `Bearer ${key}`);

function call(method, request) {
  return new Promise((resolve) => {
    service[method](request, metadata, { deadline: Date.now() + 10_000 }, (error, reply) => {
      if (error === null) return resolve(reply.result);
      console.error(`${grpc.status[error.code]}: ${error.details}`);
      process.exit(1);
    });
  });
}

const question = { dataset, ticker, interval: "1m", page_size: 5 };
const bars = await call("GetTimeSeries", question);
const averages = await call("GetTimeSeriesMa", { time_period: 2, time_series: question });
const averageAt = new Map(averages.map(({ timestamp, ma }) => [timestamp, ma]));
for (const { timestamp, close, volume } of bars) {
  const average = averageAt.get(timestamp) ?? "not yet";
  console.log(`${timestamp} close ${close} volume ${volume} average ${average}`);
}
service.close();
