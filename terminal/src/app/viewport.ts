/** How much room there is, as one of three arrangements. What an arrangement does not show is not built at all. */
import { type ReadonlySignal, signal } from "@preact/signals";

/** `wide` from 1,200 pixels, `phone` below 768. */
export type Viewport = "wide" | "middle" | "phone";

const wide = matchMedia("(min-width: 1200px)");
const phone = matchMedia("(max-width: 767px)");

const now = signal(read());

/** See {@link Viewport}. */
export const viewport: ReadonlySignal<Viewport> = now;

for (const query of [wide, phone])
  query.addEventListener("change", () => {
    now.value = read();
  });

function read(): Viewport {
  if (wide.matches) return "wide";
  return phone.matches ? "phone" : "middle";
}
