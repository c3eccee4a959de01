import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { NatsServer } from "../../../../test/support/nats-server.ts";
import { patience } from "../../../../test/support/patience.ts";
import { until, untilTrue } from "../../../../test/support/until.ts";
import { withNats } from "../../../../test/support/with-nats.ts";
import { answersUnderWayMax, questionsUnderWayMax } from "../../ports/request-line.ts";
import { NatsLink } from "./link.ts";
import { NatsRequestLine } from "./request-line.ts";

const patientMs = patience.wait;
const bytes = (text: string) => new TextEncoder().encode(text);
const textOf = (answer: unknown) =>
  answer instanceof Uint8Array ? Buffer.from(answer).toString() : answer;

withNats("questions over NATS are", (program) => {
  const server = new NatsServer(program, ["--user", "house", "--pass", "secret"]);
  const credentials = { kind: "password", user: "house", password: "secret" } as const;
  const open = () => NatsLink.open({ servers: [server.address], credentials });
  beforeAll(() => server.start());
  afterAll(() => server.remove());

  describe("a link to NATS", () => {
    it("says who is not let in, and that nobody answers", async () => {
      const wrong = { ...credentials, password: "guessed" };
      await expect(
        NatsLink.open({ servers: [server.address], credentials: wrong }),
      ).rejects.toThrow(/Authorization.*correct cluster.user/i);
      await expect(NatsLink.open({ servers: ["127.0.0.1:1"] })).rejects.toThrow(
        "no NATS server lets this process in at 127.0.0.1:1",
      );
      const file = { kind: "file", path: "/nowhere/node.creds" } as const;
      await expect(NatsLink.open({ servers: [server.address], credentials: file })).rejects.toThrow(
        "cluster.credentialsFile cannot be read",
      );
    });

    it("says that the server is away, and goes on by itself when it is back", async () => {
      const link = await open();
      const told: boolean[] = [];
      link.onChange((isConnected) => told.push(isConnected));
      await server.kill();
      await untilTrue(() => !link.isConnected);
      await server.start();
      await untilTrue(() => link.isConnected);

      expect(told).toEqual([false, true]);
      await link.close();
      await link.close();
      expect(link.isConnected).toBe(false);
    });
  });

  describe("questions over NATS", () => {
    const links: NatsLink[] = [];
    const line = async () => {
      const link = await open();
      links.push(link);
      return new NatsRequestLine(link);
    };
    afterEach(async () => {
      for (const link of links.splice(0)) await link.close();
    });

    it("are answered, each by one of a group", async () => {
      const [asker, ...answerers] = [await line(), await line(), await line()];
      const seen: string[] = [];
      for (const answerer of answerers) {
        const handler = async (question: Uint8Array) => {
          seen.push(String(textOf(question)));
          return bytes(`${textOf(question)}!`);
        };
        await answerer.answer("test.echo", handler, { group: "echoes" });
      }
      const questions = Array.from({ length: 200 }, (_, index) => `question ${index}`);
      const answers = await Promise.all(
        questions.map((question) => asker.ask("test.echo", bytes(question), patientMs)),
      );

      expect(answers.map(textOf)).toEqual(questions.map((question) => `${question}!`));
      expect(seen.toSorted()).toEqual(questions.toSorted());
    });

    it("are known at once to reach nobody, also when who answered has stopped", async () => {
      const [asker, answerer] = [await line(), await line()];
      const nobody = { kind: "unanswered", why: "nobody" };
      expect(await asker.ask("test.nobody", bytes("?"), patientMs)).toEqual(nobody);

      let goOn = () => {};
      const isHeld = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      let isTaken = false;
      const answering = await answerer.answer("test.some", async () => {
        isTaken = true;
        await isHeld;
        return bytes("done");
      });
      const asked = asker.ask("test.some", bytes("?"), patientMs);
      await untilTrue(() => isTaken);
      const stopping = answering.stop();
      await until(async () =>
        expect(await asker.ask("test.some", bytes("?"), 1_000)).toEqual(nobody),
      );
      goOn();
      await stopping;
      expect(textOf(await asked)).toBe("done");
    });

    it("are late where no answer comes", async () => {
      const [asker, answerer] = [await line(), await line()];
      await answerer.answer("test.silent", () => new Promise(() => {}));

      expect(await asker.ask("test.silent", bytes("?"), 50)).toEqual({
        kind: "unanswered",
        why: "late",
      });
    });

    it("are not sent while the server is away, and are answered again when it is back", async () => {
      const [asker, answerer] = [await line(), await line()];
      const seen: string[] = [];
      await answerer.answer("test.away", async (question) => {
        seen.push(String(textOf(question)));
        return question;
      });
      await server.kill();
      await until(async () =>
        expect(await asker.ask("test.away", bytes("lost"), 1_000)).toEqual({
          kind: "unanswered",
          why: "unreachable",
        }),
      );
      await server.start();
      await until(async () =>
        expect(textOf(await asker.ask("test.away", bytes("back"), 1_000))).toBe("back"),
      );

      expect(seen).not.toContain("lost");
    });

    it("are bounded in how many wait, here and at who answers", async () => {
      const [asker, second, third, answerer] = [
        await line(),
        await line(),
        await line(),
        await line(),
      ];
      let taken = 0;
      let goOn = () => {};
      const isHeld = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      await answerer.answer("test.many", async () => {
        taken += 1;
        await isHeld;
        return bytes("done");
      });
      const ask = (from: NatsRequestLine) => from.ask("test.many", bytes("?"), patientMs);
      const many = (from: NatsRequestLine) =>
        Array.from({ length: questionsUnderWayMax }, () => ask(from));
      const asked = [...many(asker), ...many(second)];
      expect(asked).toHaveLength(answersUnderWayMax);
      expect(await ask(asker)).toEqual({ kind: "unanswered", why: "busy" });
      await untilTrue(() => taken === answersUnderWayMax);
      expect(await ask(third)).toEqual({ kind: "unanswered", why: "busy" });
      goOn();

      expect(new Set((await Promise.all(asked)).map(textOf))).toEqual(new Set(["done"]));
      expect(textOf(await ask(third))).toBe("done");
    });
  });
});
