/** Random tests draw new numbers in each run, unless a run names the seed: `OPENBOURSE_TEST_SEED=7 npm test`. */
import fc from "fast-check";

const seed = process.env["OPENBOURSE_TEST_SEED"];
if (seed !== undefined) fc.configureGlobal({ seed: Number(seed) });
