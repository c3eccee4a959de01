/** What the command `openbourse` starts, once it is known that this Node.js can. */
import { main } from "./main.ts";

process.exitCode = await main(process.argv.slice(2));
