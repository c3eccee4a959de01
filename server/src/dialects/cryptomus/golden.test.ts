import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { SessionInput } from "../../ports/dialect.ts";
import { Conversation, type ConversationOptions, marketRules } from "./conversation.fixture.ts";
import { decodeMessage } from "./decode.ts";
import { type GoldenUpdate, publication, putOnBoard } from "./golden-updates.fixture.ts";
import { referenceSamples } from "./reference-samples.fixture.ts";

/** The verbs of a transcript; README.md says what each means. */
const verbs = [
  "about",
  "source",
  "setup",
  "at",
  "send",
  "sendText",
  "inject",
  "list",
  "board",
  "publish",
  "documented",
  "receive",
  "close",
] as const;

/** One line: the first key says what it is, `text` is its value exactly as it is written. */
interface Line {
  readonly verb: (typeof verbs)[number];
  readonly value: unknown;
  readonly text: string;
  /** For messages about a failure: `file:line`. */
  readonly place: string;
}

const folder = new URL("./golden/", import.meta.url);
const transcripts = new Map<string, readonly Line[]>(
  readdirSync(folder)
    .filter((name) => name.endsWith(".jsonl"))
    .map((name) => [name, readTranscript(name)]),
);

function readTranscript(name: string): readonly Line[] {
  const lines = readFileSync(new URL(name, folder), "utf8").trimEnd().split("\n");
  return lines.map((line, index) => {
    const place = `${name}:${index + 1}`;
    const content: Record<string, unknown> = JSON.parse(line);
    const verb = verbs.find((candidate) => line.startsWith(`{"${candidate}":`));
    if (verb === undefined) throw new Error(`${place}: no such verb`);
    return { verb, value: content[verb], text: line.slice(`{"${verb}":`.length, -1), place };
  });
}

/** Plays one transcript line by line. What the client is sent waits here until a line expects it. */
class Player {
  readonly #client: Conversation;
  readonly #startMs: number;
  #unexpected: string[] = [];
  #isCloseExpected = false;

  constructor(setup: ConversationOptions) {
    this.#client = new Conversation(setup);
    this.#startMs = this.#client.nowMs;
  }

  play({ verb, value, text, place }: Line): void {
    if (verb === "receive") {
      expect(this.#unexpected.shift(), place).toBe(text);
      return;
    }
    if (verb === "about" || verb === "source" || verb === "documented" || verb === "setup") return;
    this.#expectSilence(place);
    switch (verb) {
      case "at":
        this.#client.nowMs = this.#startMs + Math.round((value as number) * 1_000);
        break;
      case "send":
        this.#unexpected = [...this.#client.send(text)];
        break;
      case "sendText":
        this.#unexpected = [...this.#client.send(value as string)];
        break;
      case "inject":
        this.#unexpected = [...this.#client.input(inputOf(value as string))];
        break;
      case "list":
        this.#unexpected = [...this.#client.list(marketRules(value as string))];
        break;
      case "board":
        putOnBoard(this.#client.board, publication(value as GoldenUpdate, this.#client.board));
        break;
      case "publish": {
        const { topic, update } = publication(value as GoldenUpdate, this.#client.board);
        this.#unexpected = [...this.#client.publish(topic, update)];
        break;
      }
      case "close":
        expect(this.#client.closed, place).toEqual(value);
        this.#isCloseExpected = true;
        break;
    }
  }

  finish(name: string): void {
    this.#expectSilence(`the end of ${name}`);
    expect(this.#client.closed !== undefined, `${name} ends closed`).toBe(this.#isCloseExpected);
    this.#client.end();
  }

  #expectSilence(place: string): void {
    expect(this.#unexpected, `nothing else is sent before ${place}`).toEqual([]);
  }
}

function inputOf(kind: string): SessionInput {
  if (kind === "binary") return { kind, byteLength: 1 };
  return { kind: kind as "ping" | "deadline" | "revoked" };
}

describe("the golden transcripts", () => {
  it.each([...transcripts])("%s holds, byte for byte", (name, lines) => {
    const setup = lines.find(({ verb }) => verb === "setup")?.value ?? {};
    const player = new Player(setup as ConversationOptions);

    for (const line of lines) player.play(line);
    player.finish(name);
  });

  it("say what changed a documented byte, and what is sent instead", () => {
    for (const lines of transcripts.values()) {
      for (const [index, line] of lines.entries()) {
        if (line.verb !== "documented") continue;
        expect(line.text, line.place).toMatch(/,"decision":"(D-C\d+|reference): .+"$/);
        expect(lines[index + 1]?.verb, line.place).toBe("receive");
      }
    }
  });

  it("differ from the private samples in the digits of ids only, and keep the time of those", () => {
    const id = /"([0-9A-HJKMNP-TV-Z]{10})[0-9A-HJKMNP-TV-Z]{16}"/g;
    const pairs = (transcripts.get("reference-private.jsonl") ?? []).flatMap(
      (line, index, lines) =>
        line.verb === "documented" ? [[line.value, lines[index + 1]?.value]] : [],
    );

    expect(pairs).toHaveLength(5);
    for (const [documented, received] of pairs) {
      const [printed, ours] = [documented, received].map((value) =>
        // A wallet has no time of its own, so its id has ours.
        JSON.stringify(value)
          .replace(/"walletId":"\w{26}"/, '"walletId":""')
          .replace(id, '"$1"'),
      );
      expect(ours).toBe(printed);
    }
  });
});

describe("the samples of the reference", () => {
  it.each(Object.entries(referenceSamples))("%s is a line of a transcript", (heading, sample) => {
    const sourced = [...transcripts.values()].flatMap((lines) =>
      lines.filter(
        (_, index) => lines[index - 1]?.value === `cryptomus-websocket.uz.txt: ${heading}`,
      ),
    );

    expect(sourced).not.toEqual([]);
    for (const { verb, value, text, place } of sourced) {
      expect(["send", "receive", "documented"], place).toContain(verb);
      expect(verb === "documented" ? JSON.stringify(value) : text, place).toBe(sample);
    }
  });

  it("are understood as they are printed, over several lines", () => {
    const requests = Object.values(referenceSamples).filter((sample) => sample.includes("params"));

    expect(requests).toHaveLength(30);
    for (const sample of requests) {
      const printed = JSON.stringify(JSON.parse(sample), undefined, 2);
      expect(decodeMessage(printed)).toEqual(decodeMessage(sample));
      expect(["query", "subscribe", "unsubscribe"]).toContain(decodeMessage(printed).kind);
    }
  });
});
