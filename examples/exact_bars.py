"""Streams bars and reads their numbers as exact decimals.

    python3 exact_bars.py ws://127.0.0.1:8080 API_KEY BTC/USDT 3

Needs Debian's python3-websocket (websocket-client elsewhere).
"""

import json
import sys
from decimal import Decimal

import websocket

address, key, ticker, count = sys.argv[1:5]
socket = websocket.create_connection(f"{address}/v1?apikey={key}")
socket.send(json.dumps({
    "event": "subscribe", "dataset": "huobi", "tickers": [ticker],
    "channel": "bars", "frequency": "1s", "aggregation": "1m",
}))
seen = 0
while seen < int(count):
    # parse_float keeps the digits that were sent: no value becomes a binary fraction.
    message = json.loads(socket.recv(), parse_float=Decimal)
    if "o" in message:
        seen += 1
        print(message["s"], message["t"], message["c"], flush=True)
socket.close()
