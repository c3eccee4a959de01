/** The page for people, as far as this server has one: its files, its paths, and what it asks of the server. */
import { fileURLToPath } from "node:url";
import { ownCounts } from "../../access/own-counts.ts";
import type { ServedPage } from "../../adapters/http/http-server.ts";
import { type PageFiles, readPageFiles } from "../../adapters/http/page-files.ts";
import { anybody, type RestRoute } from "../../ports/rest.ts";
import type { Served } from "../served.ts";
import type { Site } from "../site.ts";
import { offerOf } from "./offer.ts";
import { Passes } from "./passes.ts";
import { takesVisitors } from "./visitors.ts";

/** Where the page is built to, in a checkout as in an installed server. */
const folder = fileURLToPath(new URL("../../../dist/terminal/", import.meta.url));

/** Where the page is shown; it draws what the path asks for itself. */
const paths = ["/", "/data", "/console"] as const;

/** Said where there should be a page and is none. */
export const noPage =
  "the page at / is missing: it is not built. In a checkout, `npm run page` builds it; an installed server brings it with it";

/** The page that is configured and there; undefined where either is not so. */
export function pageOf(site: Site, served: Served, passes: Passes): ServedPage | undefined {
  if (!site.config.terminal.enabled || served.cluster?.servesClients === false) return undefined;
  const files = readPage(site);
  if (files === undefined) return undefined;
  return { files, paths, routes: [offerRoute(site, served), passes.route] };
}

/** Makes passes for visitors, where they are let in. */
export function passesOf({ config }: Site, { protocols }: Served): Passes {
  return new Passes({
    limits: config.terminal.visitors,
    quota: ownCounts.quota("passes of visitors"),
    isAllowed: takesVisitors(config),
    passOf: (protocol) => protocols.passOf(protocol),
  });
}

function readPage({ log }: Site): PageFiles | undefined {
  const files = readPageFiles(folder);
  if (files === undefined) log.warn("the server has no page", { remedy: noPage });
  return files;
}

function offerRoute(site: Site, served: Served): RestRoute {
  return {
    method: "GET",
    path: "/terminal/config.json",
    summary: "What this server offers to its page.",
    tag: "Page",
    security: anybody,
    handle: () => ({
      status: 200,
      headers: { "cache-control": "no-store" },
      body: JSON.stringify(offerOf(site, served)),
    }),
  };
}
