/** Runs the clients of orders in a process of their own. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { OrderLoadPlan, OrderLoadReport } from "./order-load-program.ts";

/** Resolves with what the clients saw. */
export async function runOrderLoad(plan: OrderLoadPlan): Promise<OrderLoadReport> {
  const program = join(import.meta.dirname, "order-load-program.ts");
  const child = spawn(process.execPath, [program, JSON.stringify(plan)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const kill = () => child.kill("SIGKILL");
  process.on("exit", kill);
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += String(chunk);
  });
  const [code] = await once(child, "close");
  process.off("exit", kill);
  if (code !== 0) throw new Error(`the clients ended with ${code}`);
  return JSON.parse(output) as OrderLoadReport;
}
