import { describe, expect, it } from "vitest";
import { circlesIn, importsOf, layerFaults, layersOf, layerTable } from "./layers.ts";

const project = (name: string, ...references: readonly string[]) => ({
  path: `server/src/${name}/tsconfig.json`,
  text: JSON.stringify({ references: references.map((path) => ({ path })) }),
});
const file = (path: string, ...imports: readonly string[]) => ({
  path: `server/src/${path}`,
  text: imports.map((to) => `import type { Some } from "${to}";\n`).join(""),
});
const house = [
  project("main", "../core", "../ports", "../dialects/one", "../dialects/two", "../hub"),
  project("dialects/two", "../../core", "../../ports"),
  project("dialects/one", "../../core", "../../ports"),
  project("hub", "../ports"),
  project("ports", "../core"),
  project("core"),
];

describe("the layers", () => {
  it("come in floors, each after all that it may import", () => {
    expect(layersOf(house).map(({ name }) => name)).toEqual([
      ...["core", "ports", "dialects/one", "dialects/two", "hub", "main"],
    ]);
  });

  it("share a row where they may import the same", () => {
    expect(layerTable(layersOf(house)).split("\n").slice(2)).toEqual([
      "| `core` | nothing |",
      "| `ports` | `core` |",
      "| `dialects/one`, `dialects/two` | `core`, `ports` |",
      "| `hub` | `ports` |",
      "| `main` | everything |",
    ]);
  });

  it("may not be passed upwards, not even for a type", () => {
    const faults = layerFaults([...house, file("core/a.ts", "../ports/b.ts"), file("ports/b.ts")]);
    expect(faults).toEqual([
      "server/src/core/a.ts: imports server/src/ports/b.ts, which core may not",
    ]);
  });

  it("have tests that may import anything", () => {
    expect(layerFaults([...house, file("core/a.test.ts", "../hub/b.ts")])).toEqual([]);
  });
});

describe("circles", () => {
  it("are found once each, those of types too", () => {
    const imports = importsOf([
      file("hub/a.ts", "./b.ts"),
      file("hub/b.ts", "./c.ts"),
      file("hub/c.ts", "./a.ts", "./d.ts"),
      file("hub/d.ts"),
      file("hub/e.ts", "./a.ts", "./f.ts"),
      file("hub/f.ts", "./e.ts"),
    ]);
    expect(circlesIn(imports)).toEqual([
      ["server/src/hub/a.ts", "server/src/hub/b.ts", "server/src/hub/c.ts"],
      ["server/src/hub/e.ts", "server/src/hub/f.ts"],
    ]);
  });
});
