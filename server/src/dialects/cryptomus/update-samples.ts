/** An update of each channel as it is sent, for the stream's description. Figures are those of the reference's samples. */
import type { SampleNames } from "../../ports/stream-description.ts";
import type { Channel, DealInfo, OrderInfo } from "./messages.ts";

const order: Omit<OrderInfo, "symbol"> = {
  id: "01JYET5DQ70000000000MG0000",
  orderType: "limit",
  direction: "sell",
  price: "0.2200000000000000",
  quantity: "50.0000000000000000",
  value: "11.0000000000000000",
  filledQuantity: "0.0000000000000000",
  filledValue: "0.0000000000000000",
  clientOid: null,
  createTs: 1_750_696_376,
};

const fill: Omit<DealInfo, "symbol" | "feeCurrency"> = {
  dealId: "01JYH50V5V0000000000MG0001",
  dealState: "completed",
  transactionId: "01JYH50V5Y0000000000NG0004",
  filledPrice: "0.2726960000000000",
  filledQuantity: "100.0000000000000000",
  filledValue: "27.2696000000000000",
  fee: "0.0272696000000000",
  tradeRole: "maker",
  committedAt: 1_750_775_000,
};

/** By channel. */
export const updateSamples: Readonly<Record<Channel, (names: SampleNames) => object>> = {
  lastprice: ({ market }) =>
    update("lastprice", { symbol: market, timestamp: 1_750_953_362, price: "107152.55" }),
  ticker: ({ market }) =>
    update("ticker", {
      ...{ symbol: market, timestamp: 1_750_953_144, price: "107090.35" },
      ...{ open: "107042.21", high: "108248.15", low: "106573.19" },
      ...{ volume: "1531.027982", quote_volume: "164564314.80174687", price_change: "0.04" },
    }),
  trade: ({ market }) => {
    const timestamp = 1_750_953_177;
    const trade = { price: 107_100.01, quantity: 0.000_254, timestamp, direction: "buy" };
    return update("trade", { symbol: market, timestamp, trades: [trade] });
  },
  depth: ({ market }) =>
    update("depth", {
      ...{ symbol: market, timestamp: 1_750_952_911, full_reload: false, scale_index: 0 },
      ...{ asks: [["107043.93", "0.304313"]], bids: [["106976.11", "0"]] },
    }),
  candles: ({ market }) => {
    const prices = ["107000", "107050", "107100.5", "106900.01"];
    return update("candles", [[1_750_953_120, ...prices, "1.5", "160575.25", market]]);
  },
  order: ({ market }) =>
    update("order", { type: "created", info: { ...order, symbol: market } }, "1"),
  deal: ({ market, currency }) =>
    update("deal", { info: { ...fill, symbol: market, feeCurrency: currency } }, "4"),
  balance: ({ currency }) => {
    const amounts = {
      amount: "50.0000000000000000",
      oldBalance: "40000.0000000000000000",
      newBalance: "39950.00000000",
    };
    const info = { walletId: "01HK153X003JAXNEP46J3DSMQH", currencyCode: currency, ...amounts };
    return update("balance", { info }, "4");
  },
};

function update(channel: Channel, data: object, id: 0 | "1" | "4" = 0): object {
  return { id, method: `${channel}_update`, data, error: null };
}
