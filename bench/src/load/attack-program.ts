/** The attackers of the benchmark `hostile`, in a process of their own, until it is ended. */
import { startAttacks, type Target } from "../../../test/support/attacks.ts";

/** What the program is to do. */
export interface AttackPlan {
  readonly names: readonly string[];
  readonly target: Target;
}

const plan: AttackPlan = JSON.parse(process.argv[2] ?? "{}");
startAttacks(plan.names, plan.target);
