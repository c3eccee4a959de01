/** The order in which files of tests are run. */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Folders, from the project's root, where tests start servers, browsers and nodes, and wait for them. */
const waiting = /^\/(test\/[^/]+|server\/src\/adapters\/nats)\//;

/**
 * Tests that wait come before those that compute: these fill the time in which the former wait, and at the end no worker waits
 * while the others have nothing left. Those that wait come folder by folder in turn, as evenly as they are many: browsers side by
 * side, or whole clusters, ask for more than the processors have, and each file takes up to twice as long. Within a
 * folder the order is vitest's own, what takes longest first.
 */
export class WaitingFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const { length } = this.ctx.config.root;
    const folderOf = ({ moduleId }: TestSpecification) => waiting.exec(moduleId.slice(length))?.[0];
    const folders = Map.groupBy(sorted, folderOf);
    const computing = folders.get(undefined) ?? [];
    folders.delete(undefined);
    const inTurn = [...folders.values()]
      .flatMap((all) => all.map((file, at) => ({ file, share: (at + 0.5) / all.length })))
      .toSorted((one, other) => one.share - other.share);
    return [...inTurn.map(({ file }) => file), ...computing];
  }
}
