/** Where it is kept what the tests have compiled. */
import { join } from "node:path";

/** A folder that is found again, and is gone with what was installed. */
export const compileCache: string = join(
  import.meta.dirname,
  "../../node_modules/.cache/openbourse-compiled",
);
