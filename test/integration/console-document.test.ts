import { describe, expect, it } from "vitest";
import { asyncApiDocument } from "../../server/src/adapters/http/asyncapi.ts";
import { dialects } from "../../server/src/main/dialects.ts";
import { referenceNames } from "../../server/src/ports/stream-description.ts";
import { type AsyncApi, protocolsOf } from "../../terminal/src/console/document.ts";
import { echo } from "../support/echo-dialect.ts";

const info = { title: "here", version: "1", description: "" };
const streams = [...dialects, echo].map((protocol) => ({
  name: protocol.name,
  title: protocol.title,
  stream: protocol.describeStream(referenceNames),
  closings: protocol.closings,
}));
const place = { host: "here", isSecure: false };
const document = JSON.parse(JSON.stringify(asyncApiDocument(streams, info, place))) as AsyncApi;

describe("what can be said on the streams of a server", () => {
  const protocols = protocolsOf(document);

  it("has all of its protocols, with their addresses and what opens them", () => {
    expect(
      protocols.map(({ name, path, parameter, signOfLife }) => [name, path, parameter, signOfLife]),
    ).toEqual([
      ["finazon", "/v1", "apikey", '{"event":"heartbeat","request_id":1}'],
      ["cryptomus", "/ws", "token", '{"id":1,"method":"ping","params":[]}'],
      ["echo", "/echo", undefined, undefined],
    ]);
  });

  it("has every example of every channel, texts that are no JSON as they are", () => {
    const examples = protocols.flatMap(({ channels }) => channels.flatMap((one) => one.examples));
    const described = streams.flatMap(({ stream }) =>
      stream.channels.flatMap(({ requests }) => requests.flatMap((one) => one.examples)),
    );
    expect(examples).toHaveLength(described.length);
    expect(new Set(examples.map(({ id }) => id)).size).toBe(examples.length);
    expect(examples.map(({ text }) => text)).toContain(
      '{"id":1,"method":"depth_subscribe","params":["BTC_USDT:0"]}',
    );
    expect(examples.at(-1)?.text).toBe("BTC/USDT");
  });

  it("says which channels are private", () => {
    const isPrivate = protocols.flatMap(({ channels }) =>
      channels.filter((channel) => channel.isPrivate).map(({ id }) => id),
    );
    expect(isPrivate).toEqual(["cryptomus.order", "cryptomus.deal", "cryptomus.balance"]);
  });
});
