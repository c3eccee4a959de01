/**
 * Pages that are written from the code: `npm run docs` writes them, and `docs.test.ts` fails when one
 * is out of date.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { adminOperations } from "../server/src/admin/operations.ts";
import { describe } from "../server/src/config/problem.ts";
import { shortNames } from "../server/src/config/setting.ts";
import { variableName } from "../server/src/config/source.ts";
import { configForm } from "../server/src/main/configuration.ts";
import { feedKinds } from "../server/src/main/feeds.ts";
import { layersOf, layerTable } from "./layers.ts";
import { projectFiles } from "./project-files.ts";

/** Generated pages: path and text. */
export const pages: readonly (readonly [string, () => string])[] = [
  ["docs/operating/configuration.md", configurationPage],
  ["docs/operating/operations.md", operationsPage],
  ["ARCHITECTURE.md", architecturePage],
];

const operationsHead = `# Operations of the administration

Written by \`npm run docs\` from the table of operations in \`server/src/admin/operations.ts\`.

An operation is asked for by a command, which asks the [running server](README.md#the-administration-channel) or does it by itself where
none runs. What has the effect \`reads\` is logged at level \`debug\`, the others at \`info\`: as \`administered\`, with
\`operation\`, \`operator\`, what it was asked with, \`outcome\`, and what the last column adds.
`;

/** Every operation that an operator can ask for. */
function operationsPage(): string {
  const code = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(", ");
  const rows = Object.entries(adminOperations).map(([name, operation]) => {
    const { role, effect, audit, logged, needsExchange, request } = operation;
    const asked = code(Object.keys(request.properties));
    const where = needsExchange ? "exchange" : "any server";
    const cells = [code([name]), audit, effect, role, where, asked, code(logged)];
    return `| ${cells.join(" | ")} |`;
  });
  const header = ["operation", "what was done", "effect", "who", "where", "asked with", "logged"];
  return `${operationsHead}
| ${header.join(" | ")} |
|${header.map(() => "---").join("|")}|
${rows.join("\n")}
`;
}

/** The page as it is, with the table of layers as the compiler sees it. */
function architecturePage(): string {
  const page = readFileSync("ARCHITECTURE.md", "utf8");
  const table = layerTable(layersOf(projectFiles()));
  return page.replace(/^\| layer \|.*(?:\n\|.*)*/m, () => table);
}

type Schema = Parameters<typeof describe>[0];

const head = `# Configuration

Written by \`npm run docs\` from the schema that checks the configuration.

Values come from \`openbourse.yaml\` in the working folder (or \`--config FILE\`), then from environment
variables, then from flags; later ones win. Every key may be left out. \`npx openbourse check-config\`
says what is wrong and where; \`npx openbourse print-config\` prints what is in force.

Flags exist for ${Object.keys(shortNames)
  .map((name) => `\`--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}\``)
  .join(", ")};
any other single value can be given as \`--set key=value\`. The same short names work as variables:
\`OPENBOURSE_PORT\` is \`OPENBOURSE_SERVER_PORT\`.
`;

function configurationPage(): string {
  const feedTables = feedKinds.map(({ kind, configSchema }) =>
    table(`Feed of \`kind: ${kind}\``, configSchema as Schema, [], false),
  );
  return `${head}
${table("All keys", configForm.schema as Schema, [], true)}
Each dataset has \`code\`, and may have \`name\` and \`publisher\` (default: the code), and has one \`feed\`:

${feedTables.join("\n")}`;
}

function table(
  title: string,
  schema: Schema,
  path: readonly string[],
  withVariables: boolean,
): string {
  const header = withVariables
    ? ["key", "variable", "value", "default"]
    : ["key", "value", "default"];
  const lines = rows(schema, path).map((row) => {
    const cells = withVariables ? row : [row[0], row[2], row[3]];
    return `| ${cells.map((cell) => (cell ?? "").replaceAll("|", "\\|")).join(" | ")} |`;
  });
  return `## ${title}\n\n| ${header.join(" | ")} |\n|${header.map(() => "---").join("|")}|\n${lines.join("\n")}\n`;
}

function rows(schema: Schema, path: readonly string[]): readonly (readonly string[])[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]) => {
    const here = [...path, key];
    if (key === "kind") return [];
    if (child.properties !== undefined && child.type === "object" && key !== "columns")
      return rows(child, here);
    const isScalar = child.type !== "array";
    const variable = isScalar ? `\`${variableName(here)}\`` : "";
    const about = child.description ?? "";
    const value = describe(child);
    const meaning = about === "" ? value : `${about}; ${value}`;
    return [[`\`${here.join(".")}\``, variable, meaning, shownDefault(schema, key, child)]];
  });
}

function shownDefault(parent: Schema, key: string, child: Schema): string {
  if (child.default !== undefined) return `\`${JSON.stringify(child.default)}\``;
  return parent.required?.includes(key) ? "required" : "";
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, write] of pages) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, write());
    console.log(path);
  }
}
