/** The attackers of the benchmark `hostile`, in a process of their own: starts what it is told, until it is ended. */
import { attacks, type Target } from "./attacks.ts";

/** What the program is to do. */
export interface AttackPlan {
  readonly names: readonly string[];
  readonly target: Target;
}

const plan: AttackPlan = JSON.parse(process.argv[2] ?? "{}");
for (const name of plan.names) attacks[name]?.(plan.target);
