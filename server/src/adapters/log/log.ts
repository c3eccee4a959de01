/**
 * The log over pino: one JSON object a line on standard error, or a readable line for terminals.
 * Secrets are taken out of every phrase, field name and value before pino sees them.
 */
import { type Logger, pino } from "pino";
import type { Log, LogFields, LogValue } from "../../ports/log.ts";
import { formatReadable } from "./readable.ts";
import { isSecretField, redact, redacted } from "./redact.ts";

/** Least severe kind of line that is written. */
export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** Longest text of a phrase or field in a line, in UTF-16 units; what is longer is cut. */
export const logTextMax = 4_096;

/** Takes whole lines, each with its line feed. */
export interface LogDestination {
  write(line: string): void;
}

/** How the log is written. */
export interface LogOptions {
  readonly level: LogLevel;
  /** Standard error when absent: standard output belongs to the command's answer. */
  readonly destination?: LogDestination;
  /** Lines for people instead of JSON. */
  readonly pretty?: boolean;
}

/** File descriptor of standard error. */
const standardError = 2;

/** Names that pino gives to its own parts of a line. */
const reservedNames: ReadonlySet<string> = new Set(["level", "time", "msg"]);

/**
 * Makes a log. Lines are written at once and in order, so nothing is lost when the process ends and
 * nothing waits in memory. A field called `level`, `time` or `msg` gets an underscore behind its name.
 */
export function createLog(options: LogOptions): Log {
  const destination = options.destination ?? pino.destination({ fd: standardError, sync: true });
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    options.pretty === true ? readableInto(destination) : destination,
  );
  return {
    debug: (phrase, fields) => write(logger, { level: "debug", phrase, fields }),
    info: (phrase, fields) => write(logger, { level: "info", phrase, fields }),
    warn: (phrase, fields) => write(logger, { level: "warn", phrase, fields }),
    error: (phrase, fields) => write(logger, { level: "error", phrase, fields }),
  };
}

interface Entry {
  readonly level: Exclude<LogLevel, "silent">;
  readonly phrase: string;
  readonly fields: LogFields | undefined;
}

function write(logger: Logger, entry: Entry): void {
  if (!logger.isLevelEnabled(entry.level)) return;
  logger[entry.level](cleanFields(entry.fields ?? {}), cleanText(entry.phrase));
}

function cleanFields(fields: LogFields): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [cleanName(name), cleanValue(name, value)]),
  );
}

function cleanName(name: string): string {
  return reservedNames.has(name) ? `${name}_` : cleanText(name);
}

function cleanValue(name: string, value: LogValue): LogValue {
  if (typeof value !== "string") return value;
  return isSecretField(name) ? redacted : cleanText(value);
}

/** Redacts first: a cut through a secret would make it hard to know. */
function cleanText(text: string): string {
  const clean = redact(text);
  return clean.length <= logTextMax ? clean : `${clean.slice(0, logTextMax)}…`;
}

function readableInto(destination: LogDestination): LogDestination {
  return { write: (line) => destination.write(formatReadable(line)) };
}
