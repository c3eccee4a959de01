/** Lines of open orders on the chart, and dragging them: what is let go at another price is told, and nothing moves by itself. */
import { multiply } from "@openbourse/client";
import { type IChartApi, type IPriceLine, type ISeriesApi, LineStyle } from "lightweight-charts";
import { chartOrders, type OrderLine } from "./orders.ts";
import type { Palette } from "./palette.ts";

/** How near one has to be to take hold of a line, in pixels: more for fingers. */
const reachPx = 6;
const touchReachPx = 18;

interface Drawn {
  readonly order: OrderLine;
  readonly line: IPriceLine;
}

interface Drag {
  readonly order: OrderLine;
  readonly pointerId: number;
  readonly ghost: IPriceLine;
  price: string;
}

/** See the head of the file. */
export class OrderLines {
  readonly #chart: IChartApi;
  readonly #series: ISeriesApi<"Candlestick">;
  readonly #box: HTMLElement;
  #palette: Palette;
  #drawn: Drawn[] = [];
  #drag: Drag | undefined;
  #tick: string | undefined;

  constructor(
    chart: IChartApi,
    series: ISeriesApi<"Candlestick">,
    box: HTMLElement,
    palette: Palette,
  ) {
    this.#chart = chart;
    this.#series = series;
    this.#box = box;
    this.#palette = palette;
    box.addEventListener("pointerdown", this.#down, { capture: true });
    box.addEventListener("pointermove", this.#move, { capture: true });
    box.addEventListener("pointerup", this.#up, { capture: true });
    box.addEventListener("pointercancel", this.#stop, { capture: true });
    document.addEventListener("keydown", this.#escape, { capture: true });
  }

  /** The price step of the market; lines cannot be dragged while it is not known. */
  set tick(tick: string | undefined) {
    this.#tick = tick;
  }

  set(orders: readonly OrderLine[], palette: Palette): void {
    this.#palette = palette;
    for (const { line } of this.#drawn) this.#series.removePriceLine(line);
    this.#drawn = orders.map((order) => ({ order, line: this.#draw(order, order.price) }));
    // An order that is gone is not dragged any further.
    if (!orders.some(({ id }) => id === this.#drag?.order.id)) this.#stop();
  }

  destroy(): void {
    document.removeEventListener("keydown", this.#escape, { capture: true });
    this.#stop();
  }

  #draw({ direction, title, isPending }: OrderLine, price: string, isGhost = false): IPriceLine {
    const style = isPending || isGhost ? LineStyle.Dashed : LineStyle.Solid;
    return this.#series.createPriceLine({
      price: Number(price),
      ...{ title: isGhost ? `${title} → ${price}` : title, lineWidth: 1, lineStyle: style },
      color: direction === "buy" ? this.#palette.up : this.#palette.down,
      axisLabelVisible: true,
    });
  }

  readonly #down = (event: PointerEvent): void => {
    const order = this.#at(event);
    if (order === undefined || event.button !== 0) return;
    event.stopPropagation();
    event.preventDefault();
    const ghost = this.#draw(order, order.price, true);
    this.#drag = { order, pointerId: event.pointerId, ghost, price: order.price };
    this.#box.setPointerCapture(event.pointerId);
    this.#chart.applyOptions({ handleScroll: false, handleScale: false });
  };

  readonly #move = (event: PointerEvent): void => {
    const drag = this.#drag;
    if (drag === undefined) {
      this.#box.classList.toggle("is-over-order", this.#at(event) !== undefined);
      return;
    }
    event.stopPropagation();
    const price = this.#priceAt(event);
    if (price === undefined || price === drag.price) return;
    drag.price = price;
    const title = `${drag.order.title} → ${price}`;
    drag.ghost.applyOptions({ price: Number(price), title });
  };

  readonly #up = (event: PointerEvent): void => {
    const drag = this.#drag;
    if (drag === undefined || event.pointerId !== drag.pointerId) return;
    event.stopPropagation();
    this.#stop();
    if (Number(drag.price) !== Number(drag.order.price))
      chartOrders.moved(drag.order.id, drag.price);
  };

  readonly #escape = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || this.#drag === undefined) return;
    event.stopPropagation();
    this.#stop();
  };

  readonly #stop = (): void => {
    if (this.#drag === undefined) return;
    this.#series.removePriceLine(this.#drag.ghost);
    this.#drag = undefined;
    this.#chart.applyOptions({ handleScroll: true, handleScale: true });
  };

  #at(event: PointerEvent): OrderLine | undefined {
    if (!chartOrders.canMove || this.#tick === undefined) return undefined;
    const y = this.#yOf(event);
    const reach = event.pointerType === "touch" ? touchReachPx : reachPx;
    const near = this.#drawn
      .filter(({ order }) => !order.isPending)
      .map(({ order }) => {
        const at = this.#series.priceToCoordinate(Number(order.price));
        return { order, away: at === null ? Number.POSITIVE_INFINITY : Math.abs(at - y) };
      })
      .sort((a, b) => a.away - b.away)[0];
    return near !== undefined && near.away <= reach ? near.order : undefined;
  }

  #priceAt(event: PointerEvent): string | undefined {
    return priceAtY(this.#series, this.#yOf(event), this.#tick);
  }

  #yOf({ clientY }: PointerEvent): number {
    return clientY - this.#box.getBoundingClientRect().top;
  }
}

/** The price at a height of the chart: a multiple of the price step. What a pixel means is no exact figure; what comes of it is. */
export function priceAtY(
  series: ISeriesApi<"Candlestick">,
  y: number,
  tick: string | undefined,
): string | undefined {
  const price = series.coordinateToPrice(y);
  if (price === null || price <= 0 || tick === undefined) return undefined;
  const ticks = Math.round(price / Number(tick));
  return ticks > 0 && Number.isSafeInteger(ticks) ? multiply(String(ticks), tick) : undefined;
}
