import { sharedBucketContract } from "../ports/shared-bucket.contract.ts";
import { MemoryBucket } from "./memory-bucket.ts";

sharedBucketContract("memory", async () => {
  const bucket = new MemoryBucket();
  return [bucket, bucket];
});
