/** The server's figures for Prometheus: every name and its meaning is here. */
import type { MarketClock } from "../adapters/clock/market-clock.ts";
import type { Front } from "../adapters/http/front.ts";
import type { Gateway } from "../adapters/ws/gateway.ts";
import type { Engine } from "../engine/engine.ts";
import type { Hub } from "../hub/hub.ts";
import type { Meter } from "../ports/meter.ts";
import type { FeedRunner } from "../streams/bar-streams.ts";
import { feedFigures } from "./feed-figures.ts";
import { follow, oneAfterAnother } from "./follow.ts";
import { recordingFigures } from "./recording-figures.ts";
import type { Recording } from "./recordings.ts";
import type { PassCounts } from "./terminal/passes.ts";

/** What is measured. */
export interface Measured {
  readonly hub: Hub;
  readonly gateway: Gateway;
  readonly feeds: readonly FeedRunner[];
  readonly recordings: ReadonlyMap<string, Recording>;
  readonly engine: Engine | undefined;
  readonly clock: MarketClock;
}

/** Registers all figures; the returned task brings them up to date before they are read. */
export function registerFigures(meter: Meter, measured: Measured): () => void {
  const { feeds, engine } = measured;
  const tasks = [
    ...gatewayFigures(meter, measured),
    ...clockFigures(meter, measured.clock),
    ...feedFigures(meter, feeds, measured.clock),
    ...recordingFigures(meter, measured),
    ...(engine ? [...engineFigures(meter, engine), ...snapshotFigures(meter, engine)] : []),
  ];
  return oneAfterAnother(tasks);
}

/** Registers figures of visitors who ask for passes. */
export function passFigures(meter: Meter, counts: PassCounts): () => void {
  const passes = meter.counter(
    "openbourse_visitor_passes_total",
    "Passes for public market data that visitors without credentials asked for, by what became of it.",
    ["result"],
  );
  const tasks = (["given", "refused"] as const).map((result) =>
    follow(passes, () => counts[result], { result }),
  );
  return oneAfterAnother(tasks);
}

/** Registers figures of connections that are no WebSockets. */
export function httpFigures(meter: Meter, { connections, turns }: Front): () => void {
  const open = meter.gauge("openbourse_http_connections", "Connections that are no WebSockets.");
  const unsent = meter.gauge(
    "openbourse_http_unsent_bytes",
    "Bytes of answers that peers have not taken.",
  );
  const waiting = meter.gauge(
    "openbourse_http_strangers_waiting",
    "Requests of those who have not shown who they are, that wait for their turn.",
  );
  const ended = meter.counter(
    "openbourse_http_connections_ended_total",
    "Connections that were ended because of a bound, by the bound.",
    ["reason"],
  );
  const reasons = Object.keys(connections.endings) as (keyof typeof connections.endings)[];
  const tasks = [
    () => open.set(connections.size),
    () => unsent.set(connections.unsentBytes),
    () => waiting.set(turns.waiting),
    ...reasons.map((reason) => follow(ended, () => connections.endings[reason], { reason })),
  ];
  return oneAfterAnother(tasks);
}

function gatewayFigures(meter: Meter, { hub, gateway }: Measured): (() => void)[] {
  const connections = meter.gauge("openbourse_connections", "Open WebSocket connections.");
  const subscriptions = meter.gauge(
    "openbourse_subscriptions",
    "Subscriptions of all connections.",
  );
  const behind = meter.gauge("openbourse_connections_behind", "Connections that do not keep up.");
  const untold = meter.gauge(
    "openbourse_outbox_bytes",
    "Bytes that wait for connections that are behind.",
  );
  const waitingMax = meter.gauge(
    "openbourse_outbox_bytes_max",
    "Bytes that wait for the connection that is furthest behind.",
  );
  return [
    () => connections.set(gateway.connections),
    () => subscriptions.set(hub.subscriptions),
    () => {
      const { backlog } = hub;
      behind.set(backlog.connections);
      untold.set(backlog.bytes);
      waitingMax.set(backlog.bytesMax);
    },
    ...trafficFigures(meter, { hub, gateway }),
  ];
}

function trafficFigures(
  meter: Meter,
  { hub, gateway }: Pick<Measured, "hub" | "gateway">,
): (() => void)[] {
  const total = (name: string, help: string, read: () => number) =>
    follow(meter.counter(name, help), read);
  return [
    total(
      "openbourse_connections_accepted_total",
      "Upgrades that became connections.",
      () => gateway.counters.accepted,
    ),
    total(
      "openbourse_connections_refused_total",
      "Upgrades that were refused.",
      () => gateway.counters.refused,
    ),
    total(
      "openbourse_connections_dead_total",
      "Connections ended because a ping was not answered.",
      () => gateway.counters.dead,
    ),
    total(
      "openbourse_messages_in_total",
      "Messages from clients.",
      () => gateway.counters.messagesIn,
    ),
    total(
      "openbourse_bytes_in_total",
      "Payload bytes from clients.",
      () => gateway.counters.bytesIn,
    ),
    total(
      "openbourse_messages_out_total",
      "Messages queued to clients.",
      () => hub.figures.framesOut,
    ),
    total(
      "openbourse_bytes_out_total",
      "Frame bytes queued to clients.",
      () => hub.figures.bytesOut,
    ),
    total(
      "openbourse_encodes_total",
      "Updates encoded, once per topic and dialect.",
      () => hub.counters.encodes,
    ),
    total(
      "openbourse_conflated_total",
      "Messages replaced by a newer state before they were sent.",
      () => hub.figures.conflated,
    ),
    total(
      "openbourse_slow_consumers_total",
      "Connections closed because they did not read fast enough.",
      () => hub.counters.slowConsumers,
    ),
  ];
}

function clockFigures(meter: Meter, clock: MarketClock): (() => void)[] {
  const steps = meter.counter(
    "openbourse_clock_steps_total",
    "Steps of a second and more by which the system's clock was set.",
    ["direction"],
  );
  const lead = meter.gauge(
    "openbourse_clock_lead_seconds",
    "How far the system's clock is ahead of market time; negative while it is behind.",
  );
  return [
    follow(steps, () => clock.steps.forward, { direction: "forward" }),
    follow(steps, () => clock.steps.backward, { direction: "backward" }),
    () => lead.set(leadUs(clock) / 1e6),
  ];
}

function leadUs({ standing }: MarketClock): number {
  if (standing.kind === "steady") return 0;
  return standing.kind === "ahead" ? standing.byUs : -standing.byUs;
}

function engineFigures(meter: Meter, engine: Engine): (() => void)[] {
  const up = meter.gauge(
    "openbourse_exchange_up",
    "1 while the exchange takes commands and its audits pass, 0 when it has stopped.",
  );
  const pending = meter.gauge(
    "openbourse_exchange_pending_commands",
    "Commands that are applied and not yet durable.",
  );
  const waiting = meter.gauge(
    "openbourse_exchange_untold_events",
    "Events of durable commands that wait to be told to the streams.",
  );
  const refused = meter.counter(
    "openbourse_exchange_refused_total",
    "Commands of users that were refused before they came to the log.",
  );
  const commands = meter.counter("openbourse_exchange_commands_total", "Durable commands.");
  const scrubbed = meter.gauge(
    "openbourse_log_scrub_sequence",
    "How far the log was read through in the present round.",
  );
  const damaged = meter.gauge(
    "openbourse_log_damaged",
    "1 when reading the log through has found damage in an old part of it.",
  );
  const rounds = meter.counter(
    "openbourse_log_scrub_rounds_total",
    "How often the whole log was read through.",
  );
  const historyRounds = meter.counter(
    "openbourse_history_scrub_rounds_total",
    "How often the whole history was read through.",
  );
  const historyPieces = meter.gauge(
    "openbourse_history_scrub_pieces",
    "Pieces of the history that were read through in the present round.",
  );
  const historyDamaged = meter.gauge(
    "openbourse_history_damaged",
    "1 when reading the history through has found damage in it.",
  );
  const { scrub, historyScrub } = engine;
  const start = engine.durableSequence;
  return [
    () => up.set(engine.fault === undefined ? 1 : 0),
    () => pending.set(engine.pending),
    () => waiting.set(engine.untoldEvents),
    follow(refused, () => engine.refused),
    () => scrubbed.set(scrub.sequence),
    () => damaged.set(scrub.damage === undefined ? 0 : 1),
    follow(rounds, () => scrub.rounds),
    () => historyPieces.set(historyScrub.pieces),
    () => historyDamaged.set(historyScrub.damage === undefined ? 0 : 1),
    follow(historyRounds, () => historyScrub.rounds),
    follow(commands, () => engine.durableSequence - start),
  ];
}

function snapshotFigures(meter: Meter, { snapshotter }: Engine): (() => void)[] {
  const stored = meter.gauge(
    "openbourse_snapshot_sequence",
    "Last command in the newest state snapshot; 0 before the first.",
  );
  const failed = meter.counter(
    "openbourse_snapshots_failed_total",
    "State snapshots that were due and could not be made or stored.",
  );
  return [() => stored.set(snapshotter.lastSequence), follow(failed, () => snapshotter.failures)];
}
