import assert from "node:assert/strict";
import {
  cleanText,
  count,
  formatDuration,
  markdownText,
  messageText,
  shortLocation,
} from "../../extension/src/text.js";

describe("Text from the program", () => {
  it("loses what could move the cursor, turn the writing round or hide", () => {
    assert.equal(cleanText("a\u001b[31mred\u001b[0m b"), "ared b");
    assert.equal(cleanText("\u001b]8;;http://x\u0007link\u001b]8;;\u0007"), "link");
    assert.equal(cleanText("one\r\ntwo\u2028three\u0000four"), "one two three four");
    assert.equal(cleanText("user\u202egnp.exe\u2066\u200b\ufeff"), "usergnp.exe");
  });

  it("keeps what is only unusual", () => {
    assert.equal(cleanText("Zoë 任务 😀 e\u0301"), "Zoë 任务 😀 e\u0301");
  });

  it("shows half a surrogate pair as a replacement character", () => {
    assert.equal(cleanText("a\ud83db"), "a\ufffdb");
    assert.equal(cleanText("a\ude00b"), "a\ufffdb");
  });

  it("is cut with an ellipsis, never through a surrogate pair", () => {
    assert.equal(cleanText("abcdef", 4), "abc…");
    assert.equal(cleanText("ab😀def", 4), "ab…");
    assert.equal(cleanText("abcd", 4), "abcd");
    assert.equal(cleanText("x".repeat(10_000_000), 5), "xxxx…");
  });

  it("says that something was cut even when what is left is short", () => {
    assert.ok(cleanText("a" + "\u200b".repeat(2000), 200).endsWith("…"));
  });

  it("holds no Markdown, link, HTML or icon syntax in a hover", () => {
    const text = markdownText(
      "[x](command:run) **b** <i> $(zap) `c` https://e.example www.e.example a@b.c _d_ |",
    );
    assert.doesNotMatch(text.replace(/&#\d+;/g, ""), /[!-/:-@[-`{-~]/);
    assert.equal(
      text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code))),
      "[x](command:run) **b** <i> $(zap) `c` https://e.example www.e.example a@b.c _d_ |",
    );
  });

  it("makes no link in a notification", () => {
    assert.equal(messageText("[Click](command:evil)"), "[Click] (command:evil)");
  });
});

describe("Durations", () => {
  const cases: [number, string][] = [
    [0, "0 ms"],
    [-5, "0 ms"],
    [Number.NaN, "0 ms"],
    [0.4, "0 ms"],
    [340.2, "340 ms"],
    [999.4, "999 ms"],
    [999.6, "1.0 s"],
    [1234, "1.2 s"],
    [9949, "9.9 s"],
    [9950, "10 s"],
    [59_499, "59 s"],
    [59_500, "1 min"],
    [200_000, "3 min"],
    [3_599_499, "59 min"],
    [3_600_000, "1 h"],
    [7_500_000, "2 h 5 min"],
    [86_400_000, "1 d"],
    [97_200_000, "1 d 3 h"],
  ];
  for (const [ms, text] of cases) it(`${ms} ms read ${text}`, () => assert.equal(formatDuration(ms), text));
});

describe("Short forms", () => {
  it("a location is the file's name and the line, on every system", () => {
    assert.equal(shortLocation({ path: "/home/me/app/worker.ts", line: 12 }), "worker.ts:12");
    assert.equal(shortLocation({ path: "C:\\app\\worker.ts", line: 3 }), "worker.ts:3");
  });

  it("a count agrees with its noun", () => {
    assert.equal(count(1, "frame"), "1 frame");
    assert.equal(count(1200, "frame"), "1,200 frames");
  });
});
