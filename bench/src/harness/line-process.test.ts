import { describe, expect, it } from "vitest";
import { LineProcess } from "./line-process.ts";

const shell = (script: string) => new LineProcess({ command: "sh", args: ["-c", script] });

describe("a program that answers line by line", () => {
  it("is asked and answers, after what it said by itself", async () => {
    const program = shell("echo ready; while read line; do echo got $line; done");
    expect(await program.line()).toBe("ready");
    expect(await program.ask("one")).toBe("got one");
    expect(await program.ask("two")).toBe("got two");
    await program.stop();
  });

  it("that ends without an answer fails whoever waits, and whoever asks later", async () => {
    const program = shell("read line; exit 3");
    await expect(program.ask("hello")).rejects.toThrow("sh ended with 3");
    await expect(program.ask("hello?")).rejects.toThrow("sh ended with 3");
    await program.stop();
  });

  it("that cannot be started fails whoever waits", async () => {
    const program = new LineProcess({ command: "/nowhere/at-all", args: [] });
    await expect(program.line()).rejects.toThrow("ENOENT");
    await program.stop();
  });
});
