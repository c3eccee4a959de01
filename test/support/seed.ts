/**
 * Random tests draw new numbers in each run, unless a run names the seed: `OPENBOURSE_TEST_SEED=7 npm test`. How often they
 * draw is theirs to say with `numRuns`; those that say nothing draw as often as is set here.
 */
import fc from "fast-check";
import { rounds } from "./rounds.ts";

const seed = process.env["OPENBOURSE_TEST_SEED"];
fc.configureGlobal({
  numRuns: rounds(40, 100),
  ...(seed === undefined ? {} : { seed: Number(seed) }),
});
