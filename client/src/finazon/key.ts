/** The key that shows who asks: as a text, or from whoever has the one that is good now, such as a short-lived pass. */
export type FinazonKey = string | (() => string | Promise<string>);

/** The key to be shown now. */
export async function keyNow(key: FinazonKey): Promise<string> {
  return typeof key === "string" ? key : await key();
}
