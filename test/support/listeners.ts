/** The ways in which a server can listen: whatever it speaks has to be the same over each of them. */
import { canMakeCertificates, makeCertificate, trust } from "./certificate.ts";

/** One way to listen. */
export interface Listener {
  readonly name: string;
  readonly isSecure: boolean;
  /** Arguments that make a server listen so; files are put into the folder. */
  args(folder: string): readonly string[];
}

/** As it is by default. */
export const plainListener: Listener = { name: "plain TCP", isSecure: false, args: () => [] };

const compressing: Listener = {
  name: "plain TCP with compression",
  isSecure: false,
  args: () => ["--set", "server.compression=true"],
};

const secure: Listener = {
  name: "TLS",
  isSecure: true,
  args(folder) {
    const files = makeCertificate(folder);
    trust(files);
    return ["--set", `server.tls.cert=${files.cert}`, "--set", `server.tls.key=${files.key}`];
  },
};

/** All of them; without TLS where no certificate can be made. */
export const listeners: readonly Listener[] = [
  plainListener,
  compressing,
  ...(canMakeCertificates() ? [secure] : []),
];
