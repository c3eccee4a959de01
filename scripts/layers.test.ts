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

  it("are also the packages beside the server, which know nothing of it, nor it of them", () => {
    const client = { path: "client/tsconfig.json", text: "{}" };
    const beside = (path: string, to: string) => ({
      path: `client/src/${path}`,
      text: `import type { Some } from "${to}";\n`,
    });
    expect(layersOf([...house, client]).map(({ name }) => name)).toContain("client");
    const faults = layerFaults([
      ...[...house, client, file("core/a.ts", "../../../client/src/b.ts")],
      beside("b.ts", "../../server/src/core/c.ts"),
      file("core/c.ts"),
    ]);
    expect(faults).toEqual([
      "server/src/core/a.ts: imports client/src/b.ts, which core may not",
      "client/src/b.ts: imports server/src/core/c.ts, which client may not",
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
