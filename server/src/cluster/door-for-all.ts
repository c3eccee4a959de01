/** The door of an exchange that several nodes follow: what one of them does not know is not let in, nor what cannot be stored at present. */
import type { Door } from "../engine/door.ts";

/** A door that lets no command in of a kind for which `closedTo` has a reason. */
export function doorForAll(door: Door, closedTo: (kind: string) => string | undefined): Door {
  return {
    get refused() {
      return door.refused;
    },
    submit(command, origin) {
      const reason = closedTo(command.kind);
      if (reason === undefined) return door.submit(command, origin);
      return Promise.resolve({ kind: "unavailable", reason, passes: true });
    },
  };
}
