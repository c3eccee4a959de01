/** How the protocol is tried as a user whom a demo has made. */
import type { ProtocolTrial } from "../../ports/protocol.ts";
import type { CryptomusConfig } from "./config.ts";

/**
 * The balance, and a token for the account's stream. Where MD5 is not taken, no request is signed
 * once and for all, so nothing is shown.
 */
export const trial: ProtocolTrial<CryptomusConfig> = {
  ofUser({ http, ws }, { userId, apiKey }, { secrets, config }) {
    if (!config.md5) return [];
    const account = `${http}/v2/user-api/exchange/account`;
    // The signature of a request without a body is the same for every address (docs/protocols/cryptomus, Signing).
    const signed = `-H 'userId: ${userId}' -H 'sign: ${secrets.md5Hex(apiKey)}'`;
    return [
      `balance: curl -s ${account}/balance ${signed}`,
      `account stream: ${ws}/ws?token=TOKEN (token from curl -s ${account}/web-socket/token ${signed})`,
    ];
  },
};
