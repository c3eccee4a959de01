/** Draws a curve of depth on a canvas. */
import type { Palette } from "./chart/palette.ts";
import { faded } from "./chart/palette.ts";
import type { DepthCurve, DepthStep } from "./depth-curve.ts";

/** Room above the curve, as a part of the height. */
const headRoom = 0.12;
const axisPx = 18;

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
  axis(context, curve, { width, base, color: palette.text });
}

function axis(
  context: CanvasRenderingContext2D,
  { low, high }: DepthCurve,
  { width, base, color }: { readonly width: number; readonly base: number; readonly color: string },
): void {
  const marks = Math.max(2, Math.floor(width / 140));
  const decimals = Math.max(0, 4 - Math.ceil(Math.log10(high - low)));
  const format = new Intl.NumberFormat(undefined, {
    maximumFractionDigits: Math.min(decimals, 12),
  });
  context.fillStyle = color;
  context.font = "12px system-ui, sans-serif";
  context.textBaseline = "top";
  for (let mark = 0; mark <= marks; mark += 1) {
    context.textAlign = mark === 0 ? "left" : mark === marks ? "right" : "center";
    const price = low + ((high - low) * mark) / marks;
    context.fillText(format.format(price), (width * mark) / marks, base + 3);
  }
}
