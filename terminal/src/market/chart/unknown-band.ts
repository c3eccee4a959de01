/** Marks times of which not everything is known, so that nobody takes them for times without trades. */
import type {
  IChartApi,
  IPrimitivePaneRenderer,
  IPrimitivePaneView,
  ISeriesPrimitive,
  SeriesAttachedParameter,
  Time,
  UTCTimestamp,
} from "lightweight-charts";

/** A marked time: the places on the axis between which it lies, in Unix seconds. */
export interface Band {
  readonly fromS: number;
  readonly toS: number;
}

type Target = Parameters<IPrimitivePaneRenderer["draw"]>[0];

/** See the head of the file. */
export class UnknownBands implements ISeriesPrimitive<Time> {
  #chart: IChartApi | undefined;
  #update: () => void = () => {};
  #bands: readonly Band[] = [];
  #color = "transparent";

  attached({ chart, requestUpdate }: SeriesAttachedParameter<Time>): void {
    this.#chart = chart as IChartApi;
    this.#update = requestUpdate;
  }

  detached(): void {
    this.#chart = undefined;
  }

  set(bands: readonly Band[], color: string): void {
    this.#bands = bands;
    this.#color = color;
    this.#update();
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return [{ zOrder: () => "bottom", renderer: () => ({ draw: (target) => this.#draw(target) }) }];
  }

  #draw(target: Target): void {
    const scale = this.#chart?.timeScale();
    if (scale === undefined || this.#bands.length === 0) return;
    const halfBar = scale.options().barSpacing / 2;
    target.useMediaCoordinateSpace(({ context, mediaSize }) => {
      context.fillStyle = this.#color;
      for (const { fromS, toS } of this.#bands) {
        const from = scale.timeToCoordinate(fromS as UTCTimestamp);
        const to = scale.timeToCoordinate(toS as UTCTimestamp);
        if (from === null || to === null) continue;
        context.fillRect(from - halfBar, 0, to - from + 2 * halfBar, mediaSize.height);
      }
    });
  }
}
