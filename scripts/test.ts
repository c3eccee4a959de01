/**
 * `npm test`: what must hold after each change, quick checks first. `npm run test:all` has the slow tests too, as everything must hold
 * before a change lands. The last line says how many passed and failed, each check and each test counted as one.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { natsProgram, unpackedNats } from "../test/support/nats-server.ts";
import { typeChecks } from "./types.ts";

/** Files of tests that take long; what makes one is said in CONTRIBUTING.md. */
const slowFiles = "**/*.slow.test.ts";

const [form, ...further] = process.argv.slice(2);
if (further.length > 0 || (form !== undefined && form !== "--all")) {
  console.error(
    `npm test takes no ${[form, ...further].join(" ")}. For some files: npx vitest run FILE …; for all, slow ones too: npm run test:all`,
  );
  process.exit(2);
}
const isWhole = form === "--all";

interface Check {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

/** Colours help a person at a terminal and nobody who reads a log. */
function plainUnlessTerminal(flag: string): readonly string[] {
  return process.stdout.isTTY ? [] : [flag];
}

const types: readonly Check[] = typeChecks.map((check) => ({ ...check, command: "tsc" }));

const rules: readonly Check[] = [
  {
    name: "format and lint",
    command: "biome",
    args: ["ci", "--error-on-warnings", ...plainUnlessTerminal("--colors=off"), "."],
  },
  { name: "layers and circles", command: "node", args: ["scripts/layers.ts"] },
  { name: "house rules", command: "node", args: ["scripts/tidy.ts"] },
];

/** What several tests begin with, and each worker would make by itself if it were not there. */
const made: readonly Check[] = [
  { name: "the page", command: "node", args: ["scripts/page.ts"] },
  { name: "programs that tests start", command: "node", args: ["test/support/programs.ts"] },
  {
    name: "what tests are made of",
    command: "node",
    args: ["--conditions=@openbourse/source", "test/support/compiled.ts"],
  },
];

let passed = 0;
let failed = 0;
let skipped = 0;

const provided = Promise.all([provideNats(), provideBrowser()]);
await Promise.all([runChecks(types), runChecks([...rules, ...made])]);
await provided;
console.log("\n== tests");
const first = testRun(isWhole ? [] : ["--exclude", slowFiles]);
passed += first.passed;
failed += first.failed;
skipped += first.skipped.length;
for (const name of first.skipped) console.log(`skipped: ${name}`);
if (first.failedFiles.length > 0) secondRun(first);

if (!isWhole) {
  const { length } = globSync([`server/src/${slowFiles}`, `test/${slowFiles}`]);
  console.log(`\n${length} files of slow tests were left out; \`npm run test:all\` has them`);
}
console.log(skipped === 0 ? "" : `\n${skipped} tests were skipped; each says why above`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** Runs checks one after another, and shows what each says once it has ended. */
async function runChecks(checks: readonly Check[]): Promise<void> {
  for (const { name, command, args } of checks) {
    const { isGood, output } = await outcomeOf(command, args);
    console.log(`\n== ${name}${isGood ? "" : " failed"}\n${output}`.trimEnd());
    if (isGood) passed += 1;
    else failed += 1;
  }
}

async function outcomeOf(
  command: string,
  args: readonly string[],
): Promise<{ readonly isGood: boolean; readonly output: string }> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  try {
    const [code] = await once(child, "close");
    return { isGood: code === 0, output };
  } catch (error) {
    return { isGood: false, output: `${command}: ${error}` };
  }
}

/**
 * Runs the files in which a test failed once more, one after another. A test that passes then was upset
 * by what ran beside it: it counts as passed and is named, for it has to become steady.
 */
function secondRun({ failed: failedBefore, failedTests, failedFiles }: TestRun): void {
  console.log("\n== once more, alone, what failed");
  const again = testRun(["--maxWorkers=1", ...failedFiles]);
  failed += again.failed - failedBefore;
  passed += failedBefore - again.failed;
  const unsteady = failedTests.filter((name) => !again.failedTests.includes(name));
  for (const name of unsteady) console.log(`unsteady: ${name}`);
}

/** What a run of tests came to. */
interface TestRun {
  readonly passed: number;
  /** Failed tests, and files that could not be run. */
  readonly failed: number;
  readonly skipped: readonly string[];
  readonly failedTests: readonly string[];
  readonly failedFiles: readonly string[];
}

/** Runs tests; once more where the runner itself ended without telling what it came to. */
function testRun(args: readonly string[]): TestRun {
  const found = reportedRun(args);
  if (found !== undefined) return found;
  console.log("\n== the runner ended without a report of its tests: all of them once more");
  const name = "a runner that ends with a report";
  const none = { passed: 0, failed: 1, skipped: [], failedTests: [name], failedFiles: [] };
  return reportedRun(args) ?? none;
}

function reportedRun(args: readonly string[]): TestRun | undefined {
  const folder = mkdtempSync(join(tmpdir(), "openbourse-test-"));
  try {
    const report = join(folder, "report.json");
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile=${report}`];
    const isGood = run("vitest", ["run", ...reporters, ...args]);
    if (!existsSync(report)) return undefined;
    return read(JSON.parse(readFileSync(report, "utf8")) as TestReport, isGood);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The report of a run as vitest writes it. */
interface TestReport {
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

function read({ numPassedTests, testResults }: TestReport, isGood: boolean): TestRun {
  const tests = testResults.flatMap((file) => file.assertionResults);
  const names = (...states: string[]) =>
    tests.filter(({ status }) => states.includes(status)).map(({ fullName }) => fullName);
  const failedFiles = testResults.filter(({ status }) => status === "failed");
  // A file that cannot be loaded fails without failing any test.
  const unread = failedFiles.filter(({ assertionResults }) =>
    assertionResults.every(({ status }) => status !== "failed"),
  );
  const failedTests = [...names("failed"), ...unread.map(({ name }) => name)];
  const isUnexplained = !isGood && failedTests.length === 0;
  return {
    passed: numPassedTests,
    failed: failedTests.length + (isUnexplained ? 1 : 0),
    skipped: names("pending", "skipped"),
    failedTests,
    failedFiles: failedFiles.map(({ name }) => name),
  };
}

/**
 * Installs Debian's Chromium without windows beside the checks, where that can be done without asking anybody. The whole one
 * does as well where that one cannot be had; the tests say themselves when there is none.
 */
async function provideBrowser(): Promise<void> {
  const named = process.env["OPENBOURSE_TEST_CHROMIUM"];
  if (existsSync(named ?? "/usr/bin/chromium-headless-shell")) return;
  const isThere = existsSync("/usr/bin/chromium");
  const install = ["install", "-y", "--no-install-recommends", "chromium-headless-shell"];
  const isPossible = named === undefined && process.getuid?.() === 0;
  const patience = ["-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=20"];
  const apt = async (args: readonly string[]) =>
    (await outcomeOf("apt-get", [...(isThere ? patience : []), ...args])).isGood;
  if (isPossible && (await apt(["--version"]))) {
    console.log("\n== Debian's Chromium without windows is installed for the tests of the page");
    if ((await apt(install)) || ((await apt(["update"])) && (await apt(install)))) return;
  }
  if (isThere && named === undefined) return;
  const why = named === undefined ? "is not installed" : `is not at ${named}`;
  console.log(
    `\n== tests of the page in a browser are skipped: Chromium ${why}; install Debian's package chromium-headless-shell, or name one with OPENBOURSE_TEST_CHROMIUM`,
  );
}

/** Unpacks a NATS server of a newer Debian where the system's is too old, beside the checks; tests say themselves when there is none. */
async function provideNats(): Promise<void> {
  const isNamed = process.env["OPENBOURSE_TEST_NATS"] !== undefined;
  if (isNamed || "path" in natsProgram()) return;
  const args = ["scripts/newer-debian.ts", "nats-server", unpackedNats];
  const unpacking = spawn(process.execPath, args, { stdio: "inherit" });
  await new Promise((resolve) => unpacking.once("exit", resolve));
}

function run(command: string, args: readonly string[]): boolean {
  const { status, error } = spawnSync(command, args, { stdio: "inherit" });
  if (error !== undefined) console.error(`${command}: ${error.message}`);
  return status === 0;
}
