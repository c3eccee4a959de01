/**
 * A program of its own, because the most memory that a process ever used cannot be taken back: plays
 * the Binance file named by its first argument and prints the process's largest resident size in bytes.
 */
import { playFile } from "./replay-player.ts";

const [path = "", trades = "0"] = process.argv.slice(2);
await playFile({ path, format: { kind: "binance-trades" }, trades: Number(trades) });
console.log(process.resourceUsage().maxRSS * 1024);
