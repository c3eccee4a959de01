/**
 * Lets signed requests through to what they ask for. The signature is checked before anything else
 * is read, so that strangers learn nothing and cost little (docs/protocols/cryptomus, Signing).
 */
import type { Identity } from "../../access/identity.ts";
import { whenThere } from "../../ports/awaitable.ts";
import type {
  RestReply,
  RestRequest,
  RestRoute,
  RouteSecurity,
  SecurityScheme,
} from "../../ports/rest.ts";
import { accessReply, faultyReply } from "./rest-errors.ts";
import { bodyFaults } from "./rest-validation.ts";
import type { SignedCredentials, SigningAuthenticator } from "./signing.ts";

const userId: SecurityScheme = {
  type: "apiKey",
  in: "header",
  name: "userId",
  description: "Id of the user.",
};

/** Both ways of signing, in the API description. */
export const signature: RouteSecurity = [
  {
    userId,
    sign: {
      type: "apiKey",
      in: "header",
      name: "sign",
      description: "MD5 of the base64 of the body followed by the API key, in hexadecimal digits.",
    },
  },
  {
    userId,
    timestamp: {
      type: "apiKey",
      in: "header",
      name: "timestamp",
      description: "Present time in milliseconds since 1970.",
    },
    signature: {
      type: "apiKey",
      in: "header",
      name: "signature",
      description:
        "HMAC-SHA-256 under the API key of time stamp, nonce, method, path with query, and body, one a line, in hexadecimal digits. Recommended; send a header `nonce` where requests may share a millisecond.",
    },
  },
];

/** A request whose sender is known. */
export interface SignedCall {
  readonly identity: Identity;
  readonly request: RestRequest;
  readonly nowMs: number;
}

/** A route's handler that answers only who has signed. */
export function signed(
  authenticator: SigningAuthenticator,
  answer: (call: SignedCall) => RestReply | Promise<RestReply>,
): RestRoute["handle"] {
  return (request, nowMs) => {
    const asking = authenticator.authenticate(readCredentials(request), request, nowMs);
    return whenThere(asking, (identity) =>
      "refusal" in identity ? accessReply(identity) : answer({ identity, request, nowMs }),
    );
  };
}

/** A handler of an operation that takes no body, and that answers only who has signed one without fields. */
export function signedWithoutBody(
  authenticator: SigningAuthenticator,
  answer: (call: SignedCall) => RestReply | Promise<RestReply>,
): RestRoute["handle"] {
  return signed(authenticator, (call) => {
    const faults = bodyFaults(call.request.body);
    return faults.length > 0 ? faultyReply(faults) : answer(call);
  });
}

/** Two versions of the same page name two headers for the user (D-C27). */
const userHeaders = ["userId", "user_id"];

function readCredentials(request: RestRequest): SignedCredentials {
  const userId = userHeaders.map((name) => request.header(name)).find((id) => id !== undefined);
  const signature = request.header("signature");
  if (signature === undefined) {
    return { scheme: "md5", userId, signature: request.header("sign") };
  }
  return {
    scheme: "hmac-sha256",
    userId,
    signature,
    timestamp: request.header("timestamp"),
    nonce: request.header("nonce"),
  };
}
