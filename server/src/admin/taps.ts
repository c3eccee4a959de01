/** Looking at what passes through a running server, for whoever records it. */
import Type, { type Static } from "typebox";
import type { Tap } from "../ports/tap.ts";
import { type AdminAnswer, done, refused, unavailable } from "./answer.ts";
import type { AdminTarget } from "./target.ts";

/** What is looked at: what is sent to clients, or the frames of a dataset's venue. */
export const tapRequest = Type.Object(
  {
    what: Type.Enum(["sent", "venue"]),
    dataset: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
  },
  { additionalProperties: false },
);

/** Finds what is to be looked at. */
export async function openTap(
  request: Static<typeof tapRequest>,
  { taps }: AdminTarget,
): Promise<AdminAnswer<Tap>> {
  if (taps === undefined) return unavailable("no server runs here that could be looked at");
  if (request.what === "sent") return done(taps.sent);
  const { dataset } = request;
  if (dataset === undefined) return refused("it has to be said of which dataset");
  const found = taps.venues.get(dataset);
  if (found !== undefined) return done(found);
  const known = [...taps.venues.keys()];
  const others = known.length === 0 ? "no dataset of this server has" : `${known.join(", ")} has`;
  return refused(`dataset ${dataset} has no venue whose frames could be recorded; ${others}`);
}
