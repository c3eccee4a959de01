/** Microseconds in the unit of most times on the wire. */
export const secondUs = 1_000_000;
