/** A change in percent, as it is shown everywhere. */
import { Num } from "../design/num.tsx";

/** A change in percent with its sign and colour. */
export function Change({ percent: value }: { readonly percent: string | undefined }) {
  if (value === undefined) return <span class="soft">–</span>;
  const isZero = /^-?0(\.0+)?$/.test(value);
  const tone = isZero ? undefined : value.startsWith("-") ? "down" : "up";
  const signed = value.startsWith("-") || isZero ? value : `+${value}`;
  return <Num value={signed} unit="%" tone={tone} />;
}
