/** Ports of this machine for programs that have to be told theirs before they start. */
import { randomInt } from "node:crypto";
import { createServer, type Server } from "node:net";

/**
 * Below those that systems give to connections by themselves: a program that is killed and started again finds its port
 * taken otherwise, now and then even by a client that looks for it there and has reached itself.
 */
const [lowest, highest] = [10_000, 32_000];

/** How often it is looked for each port: of the machine's ports most are free. */
const looksMax = 1_000;

/** Ports that nobody has at present, all different. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const taken = new Map<number, Server>();
  for (let looks = 0; taken.size < count; looks += 1) {
    if (looks > count * looksMax) throw new Error(`there are no ${count} free ports here`);
    const port = randomInt(lowest, highest);
    const server = await listening(port);
    if (server !== undefined) taken.set(port, server);
  }
  const servers = [...taken.values()];
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return [...taken.keys()];
}

/** Undefined where somebody has the port. */
function listening(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}
