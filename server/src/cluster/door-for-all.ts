/** The door of an exchange that nodes of different releases follow: what one of them does not know is not let in. */
import type { Door } from "../engine/door.ts";

/** A door that refuses kinds of commands for which `unknownTo` has a reason. */
export function doorForAll(door: Door, unknownTo: (kind: string) => string | undefined): Door {
  return {
    get refused() {
      return door.refused;
    },
    submit(command, origin) {
      const reason = unknownTo(command.kind);
      if (reason === undefined) return door.submit(command, origin);
      return Promise.resolve({ kind: "unavailable", reason, passes: true });
    },
  };
}
