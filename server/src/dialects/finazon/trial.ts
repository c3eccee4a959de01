/** How the protocol is tried with an API key that a demo has made. */
import type { ProtocolTrial } from "../../ports/protocol.ts";

/** The stream's address, and a command that prints bars. */
export const trial: ProtocolTrial<unknown> = {
  ofKey({ ws }, key, dataset) {
    const stream = `stream: ${ws}/v1?apikey=${key}`;
    if (dataset === undefined) return [stream];
    const ticker = dataset === "huobi" ? "BTC/USDT" : "TICKER";
    const watch = `npx openbourse watch --url ${ws} --key ${key} --dataset ${dataset} ${ticker}`;
    return [stream, `live bars: ${watch}`];
  },
};
