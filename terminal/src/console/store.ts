/**
 * The console's connection and what was said on it. It outlives the page, so that one may look at a market and come back. Frames come
 * as fast as they come and are shown once a frame of the screen; while it is paused, they are kept and not shown.
 */
import { ClientError, type SocketLike, systemPlatform } from "@openbourse/client";
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { onFrame } from "../frame.ts";
import { serverUrl } from "../session/session.ts";
import { after } from "../session/timers.ts";
import type { ConsoleProtocol } from "./document.ts";
import { type Frame, FrameLog, filterOf } from "./frames.ts";

/** State of the connection. */
export type ConsoleState = "closed" | "connecting" | "open";

/** Frames that are shown at most; the filter finds older ones. */
export const shownMax = 200;

/** Between two signs of life, in milliseconds: less than any protocol here closes after. */
const signOfLifeMs = 30_000;

/** What is shown of the frames. */
export interface Shown {
  /** Newest first. */
  readonly frames: readonly Frame[];
  readonly count: number;
  readonly dropped: number;
  /** How many came since it was paused. */
  readonly waiting: number;
}

const log = new FrameLog();
const current = signal<ConsoleState>("closed");
const seen = signal<Shown>({ frames: [], count: 0, dropped: 0, waiting: 0 });
const said = signal<readonly string[]>([]);

/** State of the connection. */
export const consoleState: ReadonlySignal<ConsoleState> = current;
/** The frames as they are shown. */
export const shown: ReadonlySignal<Shown> = seen;
/** What was sent on this connection without being repeated, at most {@link sentMax}: what a copied program sends. */
export const sent: ReadonlySignal<readonly string[]> = said;
/** Words that frames have to have. */
export const words: Signal<string> = signal("");
/** Directions that are shown. */
export const kinds: Signal<ReadonlySet<Frame["kind"]>> = signal(new Set(["in", "out", "note"]));
/** Whether what is shown stands still. */
export const isPaused: Signal<boolean> = signal(false);
/** Whether a sign of life is sent now and then. */
export const staysConnected: Signal<boolean> = signal(true);

/** Most different messages that a copied program sends. */
const sentMax = 20;

let socket: SocketLike | undefined;
let stopSigns: (() => void) | undefined;

for (const choice of [words, kinds, isPaused]) choice.subscribe(() => onFrame(draw));

/**
 * Connects. `passOf` asks for what opens the connection: a token, a key, or nothing where none is needed; why it gives none is
 * noted among the frames.
 */
export async function connect(
  protocol: ConsoleProtocol,
  passOf: () => Promise<string | undefined>,
): Promise<void> {
  disconnect();
  said.value = [];
  current.value = "connecting";
  try {
    const address = new URL(protocol.path, serverUrl.replace(/^http/, "ws"));
    const pass = await passOf();
    if (pass !== undefined && protocol.parameter !== undefined)
      address.searchParams.set(protocol.parameter, pass);
    if (current.value !== "connecting") return;
    listen(systemPlatform.openSocket(String(address)), protocol);
    note(`connecting to ${protocol.path} (${protocol.title})`);
  } catch (error) {
    current.value = "closed";
    const message = error instanceof Error ? error.message : String(error);
    const hint = error instanceof ClientError && error.fault.kind === "unauthorized";
    note(`not connected: ${message}${hint ? ". Choose another way to connect." : ""}`);
  }
}

function listen(opened: SocketLike, protocol: ConsoleProtocol): void {
  socket = opened;
  let wasOpen = false;
  opened.addEventListener("open", () => {
    if (socket !== opened) return;
    wasOpen = true;
    current.value = "open";
    note("connected");
    startSigns(protocol.signOfLife);
  });
  opened.addEventListener("message", ({ data }) => {
    if (socket === opened) add("in", String(data));
  });
  opened.addEventListener("close", ({ code, reason }) => {
    if (socket !== opened) return;
    ended();
    if (wasOpen) note(`closed with ${code}${reason === "" ? "" : `: ${reason}`}`);
    else note("refused: is the key or token right, and not used before? Browsers do not say why.");
  });
}

/** Ends the connection, if there is one. */
export function disconnect(): void {
  const left = socket;
  if (current.value === "closed") return;
  ended();
  left?.close(1000);
  note("closed here");
}

function ended(): void {
  stopSigns?.();
  stopSigns = undefined;
  socket = undefined;
  current.value = "closed";
}

/** Sends a text. False where there is no connection. */
export function send(text: string): boolean {
  if (socket === undefined || current.value !== "open") return false;
  socket.send(text);
  add("out", text);
  if (!said.value.includes(text)) said.value = [...said.value, text].slice(-sentMax);
  return true;
}

function startSigns(text: string | undefined): void {
  if (text === undefined) return;
  const plan = () => {
    stopSigns = after(signOfLifeMs, () => {
      if (staysConnected.value && socket !== undefined) {
        socket.send(text);
        add("out", text);
      }
      plan();
    });
  };
  plan();
}

/** Forgets all frames. */
export function clearFrames(): void {
  log.clear();
  pausedAt = log.count;
  draw();
}

function note(text: string): void {
  add("note", text);
}

function add(kind: Frame["kind"], text: string): void {
  log.add(kind, text, systemPlatform.wallMs());
  onFrame(draw);
}

/** How many frames there were when it was paused. */
let pausedAt = 0;

function draw(): void {
  const { count, dropped } = log;
  if (!isPaused.value) pausedAt = count;
  const last = pausedAt;
  const fits = filterOf(words.value, kinds.value);
  const frames = log.newest(shownMax, (frame) => frame.number <= last && fits(frame));
  seen.value = { frames, count, dropped, waiting: count - last };
}
