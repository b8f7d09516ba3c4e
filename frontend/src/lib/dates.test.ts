import { describe, expect, it } from "vitest";
import { groupByDate } from "./dates";

describe("groupByDate", () => {
  const now = new Date(2026, 2, 10, 0, 30);
  const at = (...date: [number, number, number, number?]) => ({ updated: new Date(...date).toISOString() });

  it.each([
    ["Today", at(2026, 2, 10)],
    ["Yesterday", at(2026, 2, 9, 23)],
    ["Previous 7 days", at(2026, 2, 3)],
    ["Previous 30 days", at(2026, 2, 2)],
    ["January 2026", at(2026, 0, 31)],
    ["December 2025", at(2025, 11, 24)],
    ["Today", at(2026, 2, 11)],
  ])("puts a chat under %s", (heading, chat) => {
    expect(groupByDate([chat], now)).toEqual([{ heading, items: [chat] }]);
  });

  it("keeps the order and joins neighbours", () => {
    const chats = [at(2026, 2, 10), at(2026, 2, 9, 20), at(2026, 2, 9, 10)];
    expect(groupByDate(chats, now).map((g) => g.items.length)).toEqual([1, 2]);
  });
});
