/** The order in which files of tests are run. */
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Folders, from the project's root, where tests start servers, browsers and nodes, and wait for them. */
const waiting = /^\/(test|server\/src\/adapters\/nats)\//;

/**
 * Tests that wait come before those that compute: these fill the time in which the former wait, and at the end no worker waits
 * while the others have nothing left. Among both the order is vitest's own, what takes longest first.
 */
export class WaitingFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const { length } = this.ctx.config.root;
    const isWaiting = ({ moduleId }: TestSpecification) => waiting.test(moduleId.slice(length));
    return [...sorted.filter(isWaiting), ...sorted.filter((file) => !isWaiting(file))];
  }
}
