/**
 * The command line, in a process whose parent is told what the turns of its event loop were like: `begin`, and `end`, which is
 * answered with them.
 */
import { TurnMeter } from "../harness/turn-meter.ts";

const meter = new TurnMeter();
process.on("message", async (message) => {
  if (message === "begin") {
    meter.begin();
    process.send?.("begun");
  } else process.send?.(await meter.end());
});
process.channel?.unref();
await import("../../../server/src/cli/start.ts");
