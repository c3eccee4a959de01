import { sharedLogContract } from "../ports/shared-log.contract.ts";
import { MemoryBroker, MemorySharedLog } from "./memory-shared-log.ts";

sharedLogContract("memory", () => {
  const broker = new MemoryBroker();
  return { open: () => Promise.resolve(new MemorySharedLog(broker)) };
});
