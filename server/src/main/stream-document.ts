/** The description of all streams that a server serves, with examples that name what it serves. */
import { type AsyncApiDocument, asyncApiDocument } from "../adapters/http/asyncapi.ts";
import { gatewayClosings } from "../adapters/ws/closings.ts";
import { localDataset } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { tickerOf } from "../feeds/local/feed.ts";
import type { MarketBoardView } from "../marketdata/market-board.ts";
import type { DialectDescription } from "../ports/dialect.ts";
import type { Protocol } from "../ports/protocol.ts";
import { referenceNames, type SampleNames } from "../ports/stream-description.ts";
import { servedProtocols } from "./configuration.ts";
import { streamsDescription } from "./protocols.ts";

/** What it is made of. */
export interface StreamDocumentParts {
  readonly config: Config;
  readonly known: readonly Protocol[];
  readonly isSecure: boolean;
  /** Streams that are none of a protocol's: where producers push. */
  readonly besides: readonly DialectDescription[];
  /** The markets of the exchange, where there is one. */
  readonly board: MarketBoardView | undefined;
  marketMs(): number;
}

/** Where a server is that was told to take any free port, as far as can be said before it has one. */
const usualPort = 8_080;

const hourS = 3_600;

/**
 * Makes the document when it is asked for, and again when its examples have to name another market: they name
 * the first one of the exchange, which is open to everybody.
 */
export function streamDocument(parts: StreamDocumentParts): () => AsyncApiDocument {
  const { config, known, isSecure, besides } = parts;
  const { host, port } = config.server;
  const served = servedProtocols(config, known);
  const info = streamsDescription(served);
  const place = { host: `${shownHost(host)}:${port === 0 ? usualPort : port}`, isSecure };
  let last: { readonly market: string; readonly document: AsyncApiDocument } | undefined;
  return () => {
    const names = sampleNames(parts);
    if (last?.market === names.market) return last.document;
    const streams = served.map((protocol) => ({
      name: protocol.name,
      title: protocol.title,
      stream: protocol.describeStream(names),
      errorsPart: protocol.name,
      closings: protocol.closings,
    }));
    const described = [...streams, ...besides].map((stream) => ({
      ...stream,
      closings: { ...stream.closings, ...gatewayClosings },
    }));
    const document = asyncApiDocument(described, info, place);
    last = { market: names.market, document };
    return document;
  };
}

function sampleNames({ board, marketMs }: StreamDocumentParts): SampleNames {
  const nowS = Math.floor(marketMs() / 1_000 / hourS) * hourS;
  const market = board?.markets()[0]?.rules;
  if (market === undefined) return { ...referenceNames, nowS };
  const { code, quote } = market;
  return { market: code, currency: quote, dataset: localDataset, ticker: tickerOf(market), nowS };
}

/** An address that says "all of them" is none to connect to. */
function shownHost(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}
