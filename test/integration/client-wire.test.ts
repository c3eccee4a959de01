/** The client's words of the wire are the server's: the compiler says so, or this file does not build. */
import { describe, expectTypeOf, it } from "vitest";
import type * as cryptomusClient from "../../client/src/cryptomus/wire.ts";
import type * as finazonMessages from "../../client/src/finazon/messages.ts";
import type * as finazonClient from "../../client/src/finazon/wire.ts";
import type * as cryptomus from "../../server/src/dialects/cryptomus/messages.ts";
import type * as finazon from "../../server/src/dialects/finazon/messages.ts";

describe("the words of the wire", () => {
  it("of Cryptomus are the same for client and server", () => {
    expectTypeOf<cryptomusClient.Channel>().toEqualTypeOf<cryptomus.Channel>();
    expectTypeOf<cryptomusClient.QueryMethod>().toEqualTypeOf<cryptomus.QueryMethod>();
    expectTypeOf<cryptomusClient.ErrorObject>().toEqualTypeOf<cryptomus.ErrorObject>();
    expectTypeOf<cryptomusClient.LastPriceData>().toEqualTypeOf<cryptomus.LastPriceData>();
    expectTypeOf<cryptomusClient.TickerData>().toEqualTypeOf<cryptomus.TickerData>();
    expectTypeOf<cryptomusClient.CandleTuple>().toEqualTypeOf<cryptomus.CandleTuple>();
    expectTypeOf<cryptomusClient.OrderData>().toEqualTypeOf<cryptomus.OrderData>();
    expectTypeOf<cryptomusClient.BalanceInfo>().toEqualTypeOf<cryptomus.BalanceInfo>();
    expectTypeOf<cryptomusClient.DealInfo>().toEqualTypeOf<cryptomus.DealInfo>();
  });

  it("of Finazon are the same for client and server", () => {
    expectTypeOf<finazonClient.StreamErrorCode>().toEqualTypeOf<finazon.StreamErrorCode>();
    expectTypeOf<finazonMessages.Frequency>().toEqualTypeOf<finazon.Frequency>();
    type Codes = NonNullable<finazonClient.ControlReply["code"]>;
    expectTypeOf<Codes>().toEqualTypeOf<finazon.StreamErrorCode | finazon.SuccessCode>();
    expectTypeOf<
      NonNullable<finazonClient.ControlReply["event"]>
    >().toEqualTypeOf<finazon.EventName>();
  });
});
