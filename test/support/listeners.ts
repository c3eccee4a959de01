/** The ways in which a server can listen: whatever it speaks has to be the same over each of them. */
import { canMakeCertificates, makeCertificate, trust } from "./certificate.ts";
import { isLong } from "./rounds.ts";

/** One way to listen. */
export interface Listener {
  readonly name: string;
  readonly isSecure: boolean;
  /** Settings that make a server listen so; files are put into the folder. */
  settings(folder: string): Readonly<Record<string, string | boolean>>;
}

/** As it is by default. */
export const plainListener: Listener = { name: "plain TCP", isSecure: false, settings: () => ({}) };

const compressing: Listener = {
  name: "plain TCP with compression",
  isSecure: false,
  settings: () => ({ "server.compression": true }),
};

/** Makes a certificate in a folder; settings that name it. */
function secureSettings(folder: string): Readonly<Record<string, string>> {
  const files = makeCertificate(folder);
  trust(files);
  return { "server.tls.cert": files.cert, "server.tls.key": files.key };
}

const secure: Listener = {
  name: "TLS",
  isSecure: true,
  settings: secureSettings,
};

const secureAndCompressing: Listener = {
  name: "TLS with compression",
  isSecure: true,
  settings: (folder) => ({ ...compressing.settings(folder), ...secureSettings(folder) }),
};

const others = isLong ? [compressing, secure] : [secureAndCompressing];

/**
 * All of them; without TLS where no certificate can be made. The short form has both at once instead of each by itself.
 */
export const listeners: readonly Listener[] = [
  plainListener,
  ...(canMakeCertificates() ? others : [compressing]),
];
