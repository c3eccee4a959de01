/** A recording that is over says so: to whoever is subscribed, to newcomers, in lists and in `/readyz`. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { startServerHere } from "../support/server-here.ts";
import { runCommand } from "../support/server-process.ts";
import { openStream } from "../support/stream-client.ts";

it("a recording that is over says so, behind its last bar", async () => {
  const folder = mkdtempSync(join(tmpdir(), "openbourse-over-"));
  const file = join(folder, "trades.csv");
  writeFileSync(file, "time,price,quantity\n1700000000,100,1\n1700000061,101,2\n");
  const feed = {
    ...{ kind: "replay", files: [file], format: "csv", ticker: "A/B", speed: "max" },
    ...{ columns: { time: "time", price: "price", quantity: "quantity" }, timeUnit: "s" },
    start: "first-subscription",
  };
  const here = await startServerHere({
    data: join(folder, "data"),
    settings: {
      datasets: ["day", "night"].map((code) => ({ code, feed })),
      "exchange.enabled": false,
    },
  });
  const url = `${here.ws}/v1?apikey=${here.server.demoKey}`;
  const datasets = async () => {
    const reply = await fetch(`${here.http}/latest/datasets?apikey=${here.server.demoKey}`);
    return ((await reply.json()) as { data: object[] }).data;
  };
  const request = {
    ...{ event: "subscribe", dataset: "day", tickers: ["A/B"], request_id: 7 },
    ...{ channel: "bars", frequency: "1m", aggregation: "1m" },
  };
  const over = {
    status: "error",
    code: "DATA_UNAVAILABLE",
    message: "The recording of dataset day is over. No more bars follow.",
  };
  expect(await here.health("feed day")).toBe("waiting");
  const night = { code: "night", name: "night" };
  expect(await datasets()).toEqual([{ code: "day", name: "day" }, night]);

  const first = await openStream(url);
  first.send(request);
  await first.until(({ json }) => json["status"] === "error");
  const [success, ...others] = first.received.map(({ json }) => json);
  expect(success).toMatchObject({ status: "success" });
  expect(others).toMatchObject([{ c: 100, v: 1 }, { c: 101, v: 2 }, over]);

  const second = await openStream(url);
  second.send(request);
  await second.until(({ json }) => json["status"] === "success");
  expect(second.received.map(({ json }) => json)).toMatchObject([
    { ...over, event: "subscribe", request_id: 7 },
    { status: "success", request_id: 7 },
  ]);
  expect(await here.health("feed day")).toBe("finished");
  expect(await datasets()).toEqual([{ code: "day", name: "day", status: "finished" }, night]);

  const watch = (dataset: string) =>
    runCommand([
      ...["watch", "A/B", "--dataset", dataset, "--frequency", "1m"],
      ...["--url", here.ws, "--key", here.server.demoKey ?? ""],
    ]);
  expect(await watch("day")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("The recording of dataset day is over"),
  });
  expect(await watch("night")).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/"c":100,.*"c":101,/s),
    stderr: "openbourse: The recording of dataset night is over. No more bars follow.\n",
  });
  await here.server.stop();
  rmSync(folder, { recursive: true });
});
