import { describe, expect, it } from "vitest";
import { socketPath, socketPathFault } from "./socket-path.ts";

describe("where operators reach a server", () => {
  it("is a socket in the data folder", () => {
    expect(socketPath("/srv/data", "linux")).toBe("/srv/data/admin.sock");
    expect(socketPath("data", "darwin")).toBe("data/admin.sock");
  });

  it("is a pipe of the folder's own on Windows", () => {
    const pipe = socketPath("data", "win32");
    expect(pipe).toMatch(/^\\\\\.\\pipe\\openbourse-[0-9a-f]{32}$/);
    expect(socketPath("DATA", "win32")).toBe(pipe);
    expect(socketPath("other", "win32")).not.toBe(pipe);
  });

  it.each([
    ["linux", 107],
    ["darwin", 103],
  ])("on %s has at most %i bytes, and a longer one is told with the remedy", (platform, max) => {
    const path = `/${"ü".repeat((max - 1) / 2)}`;
    expect(Buffer.byteLength(path)).toBe(max);
    expect(socketPathFault(path, platform)).toBeUndefined();
    expect(socketPathFault(`${path}x`, platform)).toMatch(
      new RegExp(
        `^the socket /ü+x has a path of ${max + 1} bytes, and this system takes ${max}: name`,
      ),
    );
    expect(socketPathFault(`${path}x`, "win32")).toBeUndefined();
  });
});
