/**
 * The house rules that neither the compiler nor the linter can keep. Each broken rule is reported
 * with its place and what to do instead; a rule that cannot fail is tested in `tidy.test.ts`.
 */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { type ProjectFile, projectFiles } from "./project-files.ts";
import { unusedExports } from "./unused-exports.ts";

/** Longest source file and longest test file, in lines. */
const sourceLinesMax = 450;
const testLinesMax = 800;

/** Longest function of source files, in lines. */
const functionLinesMax = 70;

const testName = /\.(test|prop|fuzz|contract|fixture|suite)\.ts$/;
const ourSources = /^(server|client|terminal)\/src\/.*\.tsx?$/;
const pureLayers =
  /^client\/src\/(?!platform\.ts)|^server\/src\/(core|marketdata|simulation|ports|hub|access|dialects|sequencer|engine|streams|agents|feeds\/local|feeds\/simulator)\//;

/** Words that may not occur in pure layers, and what to use instead. */
const bannedInPureLayers: readonly (readonly [RegExp, string])[] = [
  [/\bDate\.now\b|\bnew Date\(\)/, "time comes in as a parameter"],
  [/\bMath\.random\b/, "randomness comes in through ports/secrets or a seeded generator"],
  [/\bperformance\.now\b/, "time comes in through ports/clock"],
];

/** Words that may not occur where numbers of the market are handled. */
const bannedForMoney: readonly (readonly [RegExp, string])[] = [
  [/\bparseFloat\(/, "use parseDecimal of core/num"],
  [/\.toFixed\(/, "use formatDecimal or formatFixed of core/num"],
];

/** Waits of tests with limits of their own, which a busy machine makes wrong. */
const bannedInTests: readonly (readonly [RegExp, string])[] = [
  [/\bvi\.wait(For|Until)\(/, "wait with test/support/until, whose limit holds on a busy machine"],
  [
    /^ *\}, \d+_000\);$|^ *[\w(). +]+ \* \d+_000,$|\{ timeout: \d+_000|\bvi\.setConfig\(/,
    "leave time limits to test/support/patience",
  ],
];

/** Signs of tests that run side by side, and what does not work there: `expect.poll` has to know which test calls it. */
const alongside = /\.concurrent\b|\bconcurrent: true\b/;
const bannedAlongside: readonly (readonly [RegExp, string])[] = [
  [/\.poll\(/, "tests run side by side in this file: wait with test/support/until"],
];

/** Words of single protocols, which stay in their folders, and what the house says for all of them. */
const wireWords = /\bdeals?\b|\bdealId\b|\bscale_?index|\bfull_?reload|\baggr\b/i;
const wireWordsRemedy = "a word of one protocol: say fill, depth scale, snapshot, aggregation";
const besidesDialects = /^server\/src\/(?!dialects\/)/;

const dialectFiles = [
  "README.md",
  "config.ts",
  "decode.ts",
  "description.ts",
  "encode.ts",
  "errors.ts",
  "messages.ts",
  "protocol.ts",
  "rest.ts",
  "session.ts",
  "topics.ts",
];
/** What dialects share is no dialect. */
const dialectFolder = /^server\/src\/dialects\/(?!kit\/)[^/]+\//;
const feedFiles = ["README.md", "config.ts", "feed.ts", "kind.ts"];
/** The exchange's own trades need no configuration. */
const feedFolder = /^server\/src\/feeds\/(?!local\/)[^/]+\//;

/** Everything that is wrong, a line each. */
export function findUntidy(files: readonly ProjectFile[]): readonly string[] {
  return [
    ...files.filter(({ path }) => /\.tsx?$/.test(path)).flatMap(fileFaults),
    ...anatomyFaults(files, dialectFolder, dialectFiles),
    ...anatomyFaults(files, feedFolder, feedFiles),
    ...layerFaults(files),
    ...unusedExports(files),
    ...files.filter(({ path }) => path.endsWith(".md")).flatMap((file) => linkFaults(file, files)),
  ];
}

function fileFaults({ path, text }: ProjectFile): readonly string[] {
  const isTest = testName.test(path) || path.startsWith("test/");
  const lines = text.split("\n");
  const faults: string[] = [];
  const max = isTest ? testLinesMax : sourceLinesMax;
  if (lines.length > max)
    faults.push(`${path}: ${lines.length} lines, at most ${max}: split it by concern`);
  if (!isTest && ourSources.test(path) && !text.startsWith("/**")) {
    faults.push(`${path}: begins with no sentence about what it is and what it refuses to do`);
  }
  if (isTest) {
    const isQuoting = !testName.test(path) || path === "scripts/tidy.test.ts";
    return isQuoting ? faults : [...faults, ...bannedFaults(path, lines, bannedIn(text))];
  }
  for (const { line, length } of functionsOf(lines)) {
    if (length <= functionLinesMax) continue;
    faults.push(`${path}:${line}: a function of ${length} lines, at most ${functionLinesMax}`);
  }
  const banned = [
    ...(pureLayers.test(path) ? bannedInPureLayers : []),
    ...(ourSources.test(path) ? bannedForMoney : []),
  ];
  const knowsProtocols = !besidesDialects.test(path);
  lines.forEach((line, index) => {
    if (!knowsProtocols && wireWords.test(line))
      faults.push(`${path}:${index + 1}: ${wireWordsRemedy}`);
    if (/\bTODO\b(?!\(#\d+\))/.test(line) && !path.endsWith("scripts/tidy.ts")) {
      faults.push(`${path}:${index + 1}: name the issue, as TODO(#number)`);
    }
  });
  return [...faults, ...bannedFaults(path, lines, banned)];
}

/** What a test may not say. */
function bannedIn(test: string): readonly (readonly [RegExp, string])[] {
  return alongside.test(test) ? [...bannedInTests, ...bannedAlongside] : bannedInTests;
}

function bannedFaults(
  path: string,
  lines: readonly string[],
  banned: readonly (readonly [RegExp, string])[],
): readonly string[] {
  return lines.flatMap((line, index) =>
    banned
      .filter(([word]) => word.test(line) && !/^\s*(\*|\/\/)/.test(line))
      .map(([, remedy]) => `${path}:${index + 1}: ${remedy}`),
  );
}

const controlFlow =
  /^(if|for|while|switch|try|do|else|\}|(export )?(abstract )?class|(export )?interface)\b/;

/** Functions of formatted code: the line where each begins to do something, and its lines. */
function functionsOf(
  lines: readonly string[],
): readonly { readonly line: number; readonly length: number }[] {
  const indentOf = (line: string) => line.length - line.trimStart().length;
  return lines.flatMap((line, index) => {
    const code = line.trim();
    const opens = code.endsWith("=> {") || /\)(: .+)? \{$/.test(code);
    if (!opens || controlFlow.test(code)) return [];
    const isEnd = (other: string) => indentOf(other) === indentOf(line) && /^\s*\}/.test(other);
    const length = lines.slice(index + 1).findIndex(isEnd) + 2;
    return [{ line: index + 1, length }];
  });
}

/** Every dialect has the files of the other dialects, every feed those of the other feeds. */
function anatomyFaults(
  files: readonly ProjectFile[],
  folder: RegExp,
  required: readonly string[],
): readonly string[] {
  const folders = new Set(files.flatMap(({ path }) => folder.exec(path)?.[0] ?? []));
  const paths = new Set(files.map(({ path }) => path));
  return [...folders].flatMap((name) =>
    required.filter((file) => !paths.has(name + file)).map((file) => `${name}: has no ${file}`),
  );
}

/** Every layer is part of the build, or the compiler would not keep its walls. */
function layerFaults(files: readonly ProjectFile[]): readonly string[] {
  const build = files.find(({ path }) => path === "server/tsconfig.json")?.text ?? "";
  return files
    .flatMap(({ path }) => /^server\/(src\/.+)\/tsconfig\.json$/.exec(path)?.[1] ?? [])
    .filter((layer) => !build.includes(`"./${layer}"`))
    .map((layer) => `server/tsconfig.json: does not build ./${layer}`);
}

/** Links between our own pages lead somewhere. */
function linkFaults({ path, text }: ProjectFile, files: readonly ProjectFile[]): readonly string[] {
  const known = new Set(files.flatMap((file) => [file.path, ...parentsOf(file.path)]));
  return [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
    .map((match) => match[1] ?? "")
    .filter((target) => target !== "" && !/^[a-z]+:/.test(target))
    .filter((target) => !known.has(resolveFrom(path, target)))
    .map((target) => `${path}: the link to ${target} leads nowhere`);
}

function parentsOf(path: string): readonly string[] {
  const parent = dirname(path);
  return parent === "." ? [] : [parent, ...parentsOf(parent)];
}

function resolveFrom(path: string, target: string): string {
  const parts: string[] = [];
  for (const part of `${dirname(path)}/${target}`.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const faults = findUntidy(projectFiles());
  for (const fault of faults) console.error(fault);
  console.log(faults.length === 0 ? "the house is tidy" : `${faults.length} faults`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
