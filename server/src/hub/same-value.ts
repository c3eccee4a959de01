/** Whether two plain values are equal, whether or not they are the same object. */
export function isSameValue(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object") return false;
  if (one === null || other === null) return false;
  const left = Object.entries(one);
  const right: Readonly<Record<string, unknown>> = { ...other };
  if (left.length !== Object.keys(right).length) return false;
  return left.every(([key, value]) => key in right && isSameValue(value, right[key]));
}
