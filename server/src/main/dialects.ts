/** The protocols of this server. A new one is a folder below `dialects/` and a line here. */
import { cryptomus } from "../dialects/cryptomus/protocol.ts";
import { finazon } from "../dialects/finazon/protocol.ts";
import type { Protocol } from "../ports/protocol.ts";

/** The first one answers for paths that belong to none of them. */
export const dialects: readonly Protocol[] = [finazon, cryptomus];
