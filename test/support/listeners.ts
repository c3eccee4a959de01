/** The ways in which a server can listen: whatever it speaks has to be the same over each of them. */
import { canMakeCertificates, makeCertificate, trust } from "./certificate.ts";

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

const secure: Listener = {
  name: "TLS",
  isSecure: true,
  settings(folder) {
    const files = makeCertificate(folder);
    trust(files);
    return { "server.tls.cert": files.cert, "server.tls.key": files.key };
  },
};

/** All of them; without TLS where no certificate can be made. */
export const listeners: readonly Listener[] = [
  plainListener,
  compressing,
  ...(canMakeCertificates() ? [secure] : []),
];
