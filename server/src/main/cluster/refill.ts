/** Puts the log of a node, or of an exchange that ran on one machine, into the stream of a cluster. */
import { NatsSharedLog } from "../../adapters/nats/shared-log.ts";
import type { ClusterConfig } from "../../config/cluster-schema.ts";
import type { LogEnd } from "../../ports/shared-log.ts";
import { StartError } from "../../ports/start-error.ts";
import type { EngineFiles } from "../stores/engine-files.ts";
import { openLog } from "../stores/engine-stores.ts";
import { connect, logStreamOf } from "./connect.ts";

/** Fills the stream; resolves with where it ends then. A `StartError` says why it was not done. */
export async function refillStream(config: ClusterConfig, files: EngineFiles): Promise<LogEnd> {
  await using opened = new AsyncDisposableStack();
  const own = await openLog(files, { mayBegin: false });
  opened.defer(() => own.close());
  if (own.damage !== undefined) throw new StartError(own.damage.message);
  const link = await connect(config, "refill");
  opened.defer(() => link.close());
  const stream = logStreamOf(config);
  const shared = await NatsSharedLog.open(link, {
    ...{ name: stream, replicas: config.replicas, newEpoch: own.epoch },
  });
  opened.defer(() => shared.close());
  if (shared.epoch !== own.epoch) {
    throw new StartError(
      `the stream ${stream} is of the log ${shared.epoch}, and this folder has the log ${own.epoch}: where the stream is empty, delete it at NATS (nats stream rm ${stream}); else choose another cluster.name`,
    );
  }
  const end = await shared.refill(own.read(1));
  if ("kind" in end) throw new StartError(`the stream ${stream} was not filled: ${end.message}`);
  return end;
}
