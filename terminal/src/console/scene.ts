/** What a program does that is made of what was tried in the console. */

/** What a snippet does. */
export interface Scene {
  /** Address of the server, such as `http://127.0.0.1:8080`. */
  readonly server: string;
  readonly path: string;
  /** Parameter of the address that says who connects. */
  readonly parameter: string | undefined;
  readonly protocol: string;
  readonly access: SnippetAccess;
  /** What is sent once connected. */
  readonly messages: readonly string[];
}

/** How somebody connects. */
export type SnippetAccess =
  | { readonly is: "nobody" }
  /** By a pass that the server gives to whoever asks. */
  | { readonly is: "visitor" }
  /** By an API key or a token in the address. */
  | { readonly is: "key"; readonly key?: string | undefined }
  /** By a one-time token, which a signed request asks for. */
  | {
      readonly is: "user";
      readonly secrets?: { readonly userId: string; readonly apiKey: string } | undefined;
    };
