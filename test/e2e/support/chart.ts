/** What is drawn on the chart. */
import type { Page } from "playwright-core";

/** How many points of the chart have the colour of a time that is not known. */
export const markedPoints = (page: Page) =>
  page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>(
      ".chart-canvas td:nth-child(2) canvas",
    );
    const { data } = canvas?.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height) ?? {
      data: [],
    };
    const probe = document.createElement("span");
    document.body.append(probe);
    const colorOf = (name: string) => {
      probe.style.color = `var(${name})`;
      return (getComputedStyle(probe).color.match(/\d+/g) ?? []).map(Number);
    };
    const [surface, warning] = [colorOf("--surface"), colorOf("--warning")];
    probe.remove();
    const wanted = surface.map((part, index) => part * 0.84 + (warning[index] ?? 0) * 0.16);
    let count = 0;
    for (let at = 0; at < data.length; at += 4)
      if (wanted.every((part, index) => Math.abs((data[at + index] ?? 0) - part) <= 2)) count += 1;
    return count;
  });
