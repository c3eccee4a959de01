/** The one policy of all pages that the server shows. */

/** Own scripts, styles, pictures and requests only, none of them within a page, and nobody may show a page inside of theirs. */
export const contentSecurityPolicy: string = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");
