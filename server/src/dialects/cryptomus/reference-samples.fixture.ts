/**
 * Every sample of the stream in cryptomus-websocket.uz.txt under its heading, white space, line
 * numbers, comments and `...` left out. Printing errors are repaired: two unclosed quotes, a missing
 * comma before `internalState` and a comma behind `updateTs`.
 */
export const referenceSamples: Readonly<Record<string, string>> = {
  "Ping/pong / Ping": '{"id":0,"method":"ping","params":[]}',
  "Ping/pong / Javob pongi": '{"id":0,"method":"pong","data":null,"error":null}',
  "Obunalarga misollar / Talab qilmoq": '{"id":0,"method":"trade_subscribe","params":["BTC_USDT"]}',
  "Obunalarga misollar / Javob":
    '{"id":0,"method":"trade_subscribe","data":{"status":"success"},"error":null}',
  "Obunalarga misollar / Tadbirni yangilash":
    '{"id":0,"method":"trade_update","data":[],"error":null}',
  "Oxirgi narx / Obuna":
    '{"id":0,"method":"lastprice_subscribe","params":["BTC_USDT","BTC_USDT","ETH_USDT"]}',
  "Oxirgi narx / Barcha tadbirlarga obuna bo'ling":
    '{"id":0,"method":"lastprice_subscribe","params":["all"]}',
  "Oxirgi narx / Obuna: Javob":
    '{"id":0,"method":"lastprice_subscribe","data":{"status":"success"},"error":null}',
  "Oxirgi narx / Tadbir":
    '{"id":0,"method":"lastprice_update","data":{"symbol":"BTC_USDT","timestamp":1750953362,"price":"107152.55"},"error":null}',
  "Oxirgi narx / Obunani bekor qilish":
    '{"id":0,"method":"lastprice_unsubscribe","params":["BTC_USDT","ETH_USDT"]}',
  "Oxirgi narx / Barcha tadbirlarga obunani bekor qiling":
    '{"id":0,"method":"lastprice_unsubscribe","params":["all"]}',
  "Oxirgi narx / Obunani bekor qilish: Javob": '{"id":0,"data":{"status":"success"},"error":null}',
  "Chuqurlik / Obuna":
    '{"id":0,"method":"depth_subscribe","params":["BTC_USDT:0","BTC_USDT:1","ETH_USDT:1"]}',
  "Chuqurlik / Barcha tadbirlarga obuna bo'ling":
    '{"id":0,"method":"depth_subscribe","params":["all"]}',
  "Chuqurlik / Obuna: Javob":
    '{"id":0,"method":"depth_subscribe","data":{"status":"success"},"error":null}',
  "Chuqurlik / Tadbir":
    '{"id":0,"method":"depth_update","data":{"symbol":"BTC_USDT","timestamp":1750952911,"full_reload":false,"scale_index":0,"asks":[["107043.93","0.304313"]],"bids":[["106976.11","0"]]},"error":null}',
  "Chuqurlik / Obunani bekor qilish":
    '{"id":0,"method":"depth_unsubscribe","params":["BTC_USDT:0","ETH_USDT:1"]}',
  "Chuqurlik / Barcha tadbirlarga obunani bekor qiling":
    '{"id":0,"method":"depth_unsubscribe","params":["all"]}',
  "Chuqurlik / Obunani bekor qilish: Javob": '{"id":0,"data":{"status":"success"},"error":null}',
  "Tiker / Obuna":
    '{"id":0,"method":"ticker_subscribe","params":["BTC_USDT","BTC_USDT","ETH_USDT"]}',
  "Tiker / Barcha tadbirlarga obuna bo'ling":
    '{"id":0,"method":"ticker_subscribe","params":["all"]}',
  "Tiker / Obuna: Javob":
    '{"id":0,"method":"ticker_subscribe","data":{"status":"success"},"error":null}',
  "Tiker / Tadbir":
    '{"id":0,"method":"ticker_update","data":{"symbol":"BTC_USDT","timestamp":1750953144,"price":"107090.35","open":"107042.21","high":"108248.15","low":"106573.19","volume":"1531.027982","quote_volume":"164564314.80174687","price_change":"0.04"},"error":null}',
  "Tiker / Obunani bekor qilish":
    '{"id":0,"method":"ticker_unsubscribe","params":["BTC_USDT","ETH_USDT"]}',
  "Tiker / Barcha tadbirlarga obunani bekor qiling":
    '{"id":0,"method":"ticker_unsubscribe","params":["all"]}',
  "Tiker / Obunani bekor qilish: Javob": '{"id":0,"data":{"status":"success"},"error":null}',
  "Savdolar / Obuna":
    '{"id":0,"method":"trade_subscribe","params":["BTC_USDT","BTC_USDT","ETH_USDT"]}',
  "Savdolar / Barcha tadbirlarga obuna bo'ling":
    '{"id":0,"method":"trade_subscribe","params":["all"]}',
  "Savdolar / Obuna: Javob":
    '{"id":0,"method":"trade_subscribe","data":{"status":"success"},"error":null}',
  "Savdolar / Tadbir":
    '{"id":0,"method":"trade_update","data":{"symbol":"BTC_USDT","timestamp":1750953177,"trades":[{"price":107100.01,"quantity":0.000254,"timestamp":1750953177,"direction":"buy"}]},"error":null}',
  "Savdolar / Obunani bekor qilish":
    '{"id":0,"method":"trade_unsubscribe","params":["BTC_USDT","ETH_USDT"]}',
  "Savdolar / Barcha tadbirlarga obunani bekor qiling":
    '{"id":0,"method":"trade_unsubscribe","params":["all"]}',
  "Savdolar / Obunani bekor qilish: Javob": '{"id":0,"data":{"status":"success"},"error":null}',
  "Buyurtmalar / Obuna":
    '{"id":0,"method":"order_subscribe","params":["BTC_USDT","TRX_USDT","ETH_USDT"]}',
  "Buyurtmalar / Barcha tadbirlarga obuna bo'ling":
    '{"id":0,"method":"order_subscribe","params":["all"]}',
  "Buyurtmalar / Obuna: Javob":
    '{"id":0,"method":"order_subscribe","data":{"status":"success"},"error":null}',
  "Buyurtmalar / Buyurtma yaratildi":
    '{"id":"1","method":"order_update","data":{"type":"created","info":{"id":"01JYET5DQ772MPYHHE417FQF1J","symbol":"TRX_USDT","orderType":"limit","direction":"sell","price":"0.2200000000000000","quantity":"50.0000000000000000","value":"11.0000000000000000","filledQuantity":"0.0000000000000000","filledValue":"0.0000000000000000","clientOid":null,"createTs":1750696376}},"error":null}',
  "Buyurtmalar / Buyurtma yangilandi":
    '{"id":"3","method":"order_update","data":{"type":"updated","info":{"id":"01JYET5DQ772MPYHHE417FQF1J","symbol":"TRX_USDT","orderType":"limit","direction":"sell","price":"0.2200000000000000","quantity":"50.0000000000000000","value":"11.0000000000000000","filledQuantity":"20.0000000000000000","filledValue":"4.4000000000000000","clientOid":null,"createTs":1750696376,"updateTs":1750696487}},"error":null}',
  "Buyurtmalar / Buyurtma tugallandi":
    '{"id":"3","method":"order_update","data":{"type":"finished","info":{"id":"01JYET5DQ772MPYHHE417FQF1J","symbol":"TRX_USDT","orderType":"limit","direction":"sell","price":"0.2200000000000000","quantity":"50.0000000000000000","value":"11.0000000000000000","filledQuantity":"50.0000000000000000","filledValue":"11.0000000000000000","clientOid":null,"createTs":1750696376,"finishTs":1750696417,"state":"completed","internalState":"filled"}},"error":null}',
  "Buyurtmalar / Muayyan bozorlardan":
    '{"id":0,"method":"order_unsubscribe","params":["BTC_USDT","ETH_USDT"]}',
  "Buyurtmalar / Barcha bozorlardan": '{"id":0,"method":"order_unsubscribe","params":["all"]}',
  "Buyurtmalar / Obunani bekor qilish: Javob": '{"id":0,"data":{"status":"success"},"error":null}',
  "Balanslar / Obuna": '{"id":0,"method":"balance_subscribe","params":["BTC","TRX","ETH"]}',
  "Balanslar / Barcha tadbirlarga obuna bo'ling":
    '{"id":0,"method":"balance_subscribe","params":["all"]}',
  "Balanslar / Obuna: Javob":
    '{"id":0,"method":"balance_subscribe","data":{"status":"success"},"error":null}',
  "Balanslar / Voqealar":
    '{"id":"4","method":"balance_update","data":{"info":{"walletId":"01J7E836F6K5KCX5DP2W0F6FAG","currencyCode":"USDT","amount":"50.0000000000000000","oldBalance":"40000.0000000000000000","newBalance":"39950.00000000"}},"error":null}',
  "Balanslar / Muayyan valyutalardan":
    '{"id":0,"method":"balance_unsubscribe","params":["BTC","ETH"]}',
  "Balanslar / Barcha valyutalardan": '{"id":0,"method":"balance_unsubscribe","params":["all"]}',
  "Balanslar / Obunani bekor qilish: Javob": '{"id":0,"data":{"status":"success"},"error":null}',
  "Shartnomalar / Obuna":
    '{"id":0,"method":"deal_subscribe","params":["BTC_USDT","TRX_USDT","ETH_USDT"]}',
  "Shartnomalar / Barcha tadbirlarga obuna bo'ling":
    '{"id":0,"method":"deal_subscribe","params":["all"]}',
  "Shartnomalar / Obuna: Javob": '{"id":0,"data":{"status":"success"},"error":null}',
  "Shartnomalar / Voqealar":
    '{"id":"4","method":"deal_update","data":{"info":{"dealId":"01JYH50V5VWPP3QTYGM6CPZ0AR","symbol":"TRX_USDT","dealState":"completed","transactionId":"01JYH50V5YM8M3943KJ9HY2VXM","filledPrice":"0.2726960000000000","filledQuantity":"100.0000000000000000","filledValue":"27.2696000000000000","fee":"1.0907840000000000","feeCurrency":"USDT","tradeRole":"taker","committedAt":1750774869}},"error":null}',
  "Shartnomalar / Muayyan bozorlardan":
    '{"id":0,"method":"deal_unsubscribe","params":["BTC_USDT","TRX_USDT"]}',
  "Shartnomalar / Barcha bozorlardan": '{"id":0,"method":"deal_unsubscribe","params":["all"]}',
  "Shartnomalar / Obunani bekor qilish: Javob": '{"id":0,"data":{"status":"success"},"error":null}',
};
