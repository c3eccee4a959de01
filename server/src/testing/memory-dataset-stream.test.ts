import { datasetStreamContract } from "../ports/dataset-stream.contract.ts";
import { MemoryDatasetBroker, MemoryDatasetStream } from "./memory-dataset-stream.ts";

datasetStreamContract("memory", async () => {
  const broker = new MemoryDatasetBroker();
  return [new MemoryDatasetStream(broker), new MemoryDatasetStream(broker)];
});
