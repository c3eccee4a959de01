/** One HTTP request exactly as a test writes it: header names keep their case, any method has a body. */
import { request } from "node:http";
import { text } from "node:stream/consumers";

/** A request; what is left out is not sent. */
export interface HttpCall {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What came back. */
export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

/** Sends a request to a port of this machine. */
export function httpCall(port: number, call: HttpCall): Promise<HttpAnswer> {
  const { method, target: path, headers = {}, body } = call;
  const length = body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port, method, path, headers: { ...length, ...headers } })
      .on("error", reject)
      .on("response", (response) => {
        const { statusCode: status = 0 } = response;
        const contentType = response.headers["content-type"] ?? "";
        text(response).then((body) => resolve({ status, contentType, text: body }), reject);
      })
      .end(body);
  });
}
