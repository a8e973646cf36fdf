import { describe, expect, test } from "vitest";
import { commandOf } from "../../src/tui/keys.ts";

describe("keys", () => {
  test.each([
    [" ", {}, "pause"],
    ["p", {}, "pause"],
    ["+", {}, "faster"],
    ["=", {}, "faster"],
    ["", { rightArrow: true }, "faster"],
    ["", { upArrow: true }, "faster"],
    ["-", {}, "slower"],
    ["", { leftArrow: true }, "slower"],
    ["", { downArrow: true }, "slower"],
    ["m", {}, "flat out"],
    ["q", {}, "quit"],
    ["Q", { shift: true }, "quit"],
    ["c", { ctrl: true }, "quit"],
    ["c", {}, undefined],
    ["q", { ctrl: true }, undefined],
    ["constructor", {}, undefined],
    ["", { escape: true }, undefined],
  ] as const)("%j %j: %s", (input, key, command) => {
    expect(commandOf(input, key)).toBe(command);
  });
});
