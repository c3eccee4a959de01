/** What the command `openbourse` starts, once it is known that this Node.js can: what concerns the process. */
import { ownProcess } from "./collector.ts";
import { main } from "./main.ts";

ownProcess();
process.exitCode = await main(process.argv.slice(2));
