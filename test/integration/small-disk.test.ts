/** A server whose disk is full or may not be written: it refuses clearly, and loses nothing. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runHere } from "../support/command-here.ts";
import { refusedStart, startServerInside } from "../support/server-here.ts";
import { mountSmallDisk, smallDiskMissing } from "../support/small-disk.ts";

const disk = mountSmallDisk(61_440);
afterAll(() => disk?.remove());

describe.runIf(disk !== undefined)(`a server on a small disk (or ${smallDiskMissing})`, () => {
  const data = join(disk?.folder ?? "", "data");

  it("refuses commands while the disk is full, stays up, goes on by itself when there is room, and has everything", async () => {
    const ballast = join(disk?.folder ?? "", "ballast");
    // A start takes some 400 kB of what is left, and what is traded in a second or two the rest.
    writeFileSync(ballast, Buffer.alloc(61_800_000));
    const yaml = "exchange: {participants: {rate: 100}}\ndatasets: []";
    const server = await startServerInside({ data, yaml });
    const get = async (path: string) => {
      const response = await fetch(server.http + path);
      return { status: response.status, text: await response.text() };
    };
    await expect
      .poll(() => get("/readyz"))
      .toMatchObject({ status: 503, text: expect.stringMatching(/"ok":false/) });
    await expect
      .poll(() => server.log.filter(({ phrase }) => phrase.includes("waits for its disk")))
      .toContainEqual(
        expect.objectContaining({ fields: { reason: expect.stringMatching(/\.db/) } }),
      );
    expect((await get("/healthz")).status).toBe(200);

    const taken = () => server.figure("openbourse_exchange_commands_total");
    const before = (await taken()) ?? Number.NaN;
    rmSync(ballast);
    await expect.poll(() => get("/readyz")).toMatchObject({ status: 200 });
    await expect.poll(taken).toBeGreaterThan(before);

    await server.stop();
    const verified = await runHere(["verify", "--data", data, "--log-level", "silent"]);
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringMatching(/ok +history/) });
  });

  it("is refused at the start, with the folder's name, when the disk may not be written", async () => {
    disk?.setReadOnly(true);
    const reason = await refusedStart({ data });
    disk?.setReadOnly(false);
    expect(reason).toMatch(/^data folder .* cannot be written; .*$/);
  });
});
