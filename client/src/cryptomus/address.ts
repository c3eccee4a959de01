/** Where each connection of a Cryptomus stream goes. */
import { socketUrl } from "../closing.ts";
import { ClientError } from "../fault.ts";
import type { CryptomusStreamOptions } from "./stream-options.ts";

/** Addresses of connections: with a token of its own each, as one opens one connection. */
export class Addresses {
  readonly #token: CryptomusStreamOptions["token"];
  readonly #url: string;
  readonly #tellsPositions: boolean;
  #hasOpened = false;

  constructor({ url, token, positions = false }: CryptomusStreamOptions) {
    this.#url = socketUrl(url, "/ws");
    this.#token = token;
    this.#tellsPositions = positions;
  }

  /** A connection has opened: its token is used. */
  opened(): void {
    this.#hasOpened = true;
  }

  /** That of the next connection. */
  async next(): Promise<string> {
    const token = this.#token;
    if (typeof token === "string" && this.#hasOpened) {
      const message =
        "the token opened one connection already: give a function that makes new ones";
      throw new ClientError({ kind: "unauthorized", message });
    }
    const given = typeof token === "function" ? await token() : token;
    const query = [
      ...(given === undefined ? [] : [`token=${encodeURIComponent(given)}`]),
      ...(this.#tellsPositions ? ["positions=1"] : []),
    ];
    return query.length === 0 ? this.#url : `${this.#url}?${query.join("&")}`;
  }
}
