/** What the command `openbourse` starts, once it is known that this Node.js can: what concerns the process. */
import { tuneCollector } from "./collector.ts";
import { main } from "./main.ts";

tuneCollector();
process.exitCode = await main(process.argv.slice(2));
