/**
 * Asks the page's own server, beside the protocols that a client speaks, once and within a time: what is lost on the way would be waited
 * for without end, and the page would seem to load for ever.
 */

/** How long an answer is waited for, in milliseconds. */
const answerMsMax = 10_000;

/** An answer that came whole. */
export interface ServerAnswer {
  readonly isGood: boolean;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** See the head of the file. Undefined where no whole answer came. */
export async function askServer(
  path: string,
  request: RequestInit = {},
): Promise<ServerAnswer | undefined> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), answerMsMax);
  try {
    const answer = await fetch(path, { ...request, signal: patience.signal });
    const { ok: isGood, status, headers } = answer;
    return { isGood, status, headers, text: await answer.text() };
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
