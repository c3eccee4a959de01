/** Three NATS servers for measuring, which are gone with this process, however it ends. */
import { NatsCluster } from "../../../test/support/nats-cluster.ts";
import { natsProgram } from "../../../test/support/nats-server.ts";

/** Starts them; they keep each message at all three, on the disk before it is acknowledged. */
export async function startNatsServers(building: AsyncDisposableStack): Promise<NatsCluster> {
  const program = natsProgram();
  if ("missing" in program) throw new Error(program.missing);
  const servers = new NatsCluster(program.path);
  endWithThisProcess(building, () => servers.pids);
  building.defer(() => servers.remove());
  await servers.start();
  return servers;
}

/** Kills processes when this one ends before it has stopped them in good order. */
export function endWithThisProcess(
  building: AsyncDisposableStack,
  pids: () => readonly number[],
): void {
  const kill = () => {
    for (const pid of pids()) process.kill(pid, "SIGKILL");
  };
  const end = () => process.exit(1);
  process.on("exit", kill);
  for (const signal of endings) process.on(signal, end);
  building.defer(() => {
    process.off("exit", kill);
    for (const signal of endings) process.off(signal, end);
  });
}

const endings = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
