/** Draws a curve of depth on a canvas. */
import type { Palette } from "./chart/palette.ts";
import { faded } from "./chart/palette.ts";
import type { DepthCurve, DepthStep } from "./depth-curve.ts";

/** Room above the curve, as a part of the height. */
const headRoom = 0.12;
const axisPx = 18;
/** Marks of the sum, about. */
const sumMarks = 5;

/** Draws it as large as the canvas is shown; `pointed` is a part of the width, 0 to 1. */
export function drawDepth(
  canvas: HTMLCanvasElement,
  curve: DepthCurve | undefined,
  pointed: number | undefined,
  palette: Palette,
): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const density = devicePixelRatio;
  if (canvas.width !== width * density) canvas.width = width * density;
  if (canvas.height !== height * density) canvas.height = height * density;
  const context = canvas.getContext("2d");
  if (context === null) return;
  context.setTransform(density, 0, 0, density, 0, 0);
  context.clearRect(0, 0, width, height);
  if (curve === undefined || curve.most === 0) return;
  const base = height - axisPx;
  const x = (price: number) => ((price - curve.low) / (curve.high - curve.low)) * width;
  const y = (sum: number) => base - (sum / curve.most) * base * (1 - headRoom);
  const side = (steps: readonly DepthStep[], end: number, color: string) => {
    const [first] = steps;
    if (first === undefined) return;
    context.beginPath();
    context.moveTo(x(first.price), base);
    let before = base;
    for (const { price, sum } of steps) {
      context.lineTo(x(price), before);
      before = y(sum);
      context.lineTo(x(price), before);
    }
    context.lineTo(end, before);
    context.strokeStyle = color;
    context.lineWidth = 1.5;
    context.stroke();
    context.lineTo(end, base);
    context.fillStyle = faded(color, 0.16);
    context.fill();
  };
  side(curve.bids, 0, palette.up);
  side(curve.asks, width, palette.down);
  if (pointed !== undefined) {
    context.fillStyle = palette.text;
    context.fillRect(pointed * width, 0, 1, base);
  }
  context.font = "12px system-ui, sans-serif";
  prices(context, curve, { width, base, color: palette.text });
  sums(context, { most: curve.most, y, width, color: palette.text, line: palette.line });
}

/** Round prices below the curve. */
function prices(
  context: CanvasRenderingContext2D,
  { low, high }: DepthCurve,
  { width, base, color }: { readonly width: number; readonly base: number; readonly color: string },
): void {
  const step = roundStep((high - low) / Math.max(2, Math.floor(width / 140)));
  const write = figures(step);
  context.fillStyle = color;
  context.textBaseline = "top";
  context.textAlign = "center";
  for (let mark = Math.ceil(low / step); mark * step < high; mark += 1) {
    const x = ((mark * step - low) / (high - low)) * width;
    const room = context.measureText(write(mark * step)).width / 2;
    if (x > room && x < width - room) context.fillText(write(mark * step), x, base + 3);
  }
}

interface SumAxis {
  readonly most: number;
  readonly width: number;
  readonly color: string;
  readonly line: string;
  y(sum: number): number;
}

/** Round sums at the right end, each with a line across. */
function sums(context: CanvasRenderingContext2D, { most, y, width, color, line }: SumAxis): void {
  const step = roundStep(most / sumMarks);
  const write = figures(step);
  context.textBaseline = "bottom";
  context.textAlign = "right";
  for (let mark = 1; mark * step <= most; mark += 1) {
    const at = Math.round(y(mark * step));
    context.fillStyle = line;
    context.fillRect(0, at, width, 1);
    context.fillStyle = color;
    context.fillText(write(mark * step), width - 6, at - 1);
  }
}

/** The next of 1, 2, 5, 10, 20 … from a step on. */
export function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return ([1, 2, 5].find((part) => part * power >= step * (1 - 1e-9)) ?? 10) * power;
}

/** Writes figures with as many decimals as a step of them needs. */
function figures(step: number): (value: number) => string {
  const decimals = Math.min(12, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
  const format = new Intl.NumberFormat(undefined, {
    ...{ minimumFractionDigits: decimals, maximumFractionDigits: decimals },
  });
  return (value) => format.format(value);
}
