import { isLong } from "./rounds.ts";

/**
 * How long tests wait before they say that something hangs, in milliseconds: no measure of speed, and
 * enough where eight busy programs run beside them. These are the only limits; a test sets none of its own.
 */
export const patience = { test: isLong ? 7_200_000 : 300_000, hook: 360_000, wait: 120_000 };
