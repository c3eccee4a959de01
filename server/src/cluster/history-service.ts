/** An engine at the line that gateways ask it over. */
import type { MarketSteps } from "../core/market/rules.ts";
import type { Engine } from "../engine/engine.ts";
import type { Clock } from "../ports/clock.ts";
import type { Answering, RequestLine } from "../ports/request-line.ts";
import { HistoryAnswers } from "./history-answers.ts";
import { historyGroup, historySubject } from "./history-messages.ts";

/** What an engine answers from, and over what. */
export interface HistoryServiceParts {
  readonly engine: Pick<Engine, "epoch" | "exchange" | "history" | "historyCaughtUp">;
  readonly line: RequestLine;
  /** Name of the cluster. */
  readonly cluster: string;
  readonly clock: Clock;
}

/** Answers gateways that ask about the past, until it is stopped; of several engines one answers each question. */
export function answerHistory(parts: HistoryServiceParts): Promise<Answering> {
  const { engine, line, cluster, clock } = parts;
  const { epoch, history, exchange } = engine;
  const answers = new HistoryAnswers({
    ...{ epoch, history, clock, bytesMax: line.questionBytesMax },
    caughtUp: () => engine.historyCaughtUp(),
    hasSteps(market, steps) {
      const listed = exchange.markets().find(({ rules }) => rules.code === market);
      return listed !== undefined && isSame(listed.rules, steps);
    },
  });
  return line.answer(historySubject(cluster), (question) => answers.answer(question), {
    group: historyGroup,
  });
}

function isSame(one: MarketSteps, other: MarketSteps): boolean {
  return (["tickSize", "lotSize"] as const).every(
    (name) =>
      one[name].coefficient === other[name].coefficient && one[name].scale === other[name].scale,
  );
}
