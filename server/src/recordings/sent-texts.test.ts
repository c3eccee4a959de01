import { expect, it } from "vitest";
import { frameText } from "../adapters/ws/frame.ts";
import { sentTexts } from "./sent-texts.ts";

const texts = ["", "a", "ä".repeat(60), "b".repeat(126), "c".repeat(65_535), "d".repeat(65_536)];

it("reads the texts of frames of every length, as they are and compressed", () => {
  const frames = texts.map(frameText);
  expect(sentTexts(Buffer.concat(frames.map(({ plain }) => plain)))).toEqual(texts);
  expect(sentTexts(Buffer.concat(frames.map(({ compressed }) => compressed)))).toEqual(texts);
});

it("raises where something else was sent", () => {
  const { plain } = frameText("text");
  expect(() => sentTexts(Buffer.from(plain).subarray(0, 4))).toThrow("no text frame at byte 0");
  expect(() => sentTexts(Buffer.from([0x88, 0]))).toThrow("no text frame at byte 0");
});
