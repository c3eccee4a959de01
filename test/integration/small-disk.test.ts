/** A server whose disk is full or may not be written: it refuses clearly, and loses nothing. */
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runCommand, startServerProcess } from "../support/server-process.ts";
import { mountSmallDisk, smallDiskMissing } from "../support/small-disk.ts";

const disk = mountSmallDisk(8_192);
afterAll(() => disk?.remove());

describe.runIf(disk !== undefined)(`a server on a small disk (or ${smallDiskMissing})`, () => {
  const data = join(disk?.folder ?? "", "data");

  it("refuses commands when the disk is full, stays up, and has everything when there is no more to write", async () => {
    const yaml = "exchange: {participants: {rate: 1000}}\nlog: {level: error}";
    const server = await startServerProcess({ data, yaml });
    const readiness = async () => {
      const response = await fetch(`${server.http}/readyz`);
      return { status: response.status, text: await response.text() };
    };
    await expect.poll(readiness, { timeout: 60_000 }).toMatchObject({
      status: 503,
      text: expect.stringMatching(/"ok":false,"state":"failed"/),
    });
    expect(server.output().stderr).toMatch(/\.db/);
    expect((await fetch(`${server.http}/healthz`)).status).toBe(200);
    expect(await server.stop()).toBe(0);
  }, 90_000);

  it("is refused at the start with the file's name when the disk may not be written", async () => {
    disk?.setReadOnly(true);
    const { code, stderr } = await runCommand([
      "serve",
      "--port",
      "0",
      "--data",
      data,
      "--log-level",
      "error",
    ]);
    disk?.setReadOnly(false);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^openbourse: .*\.db.*\n$/);
  });
});
