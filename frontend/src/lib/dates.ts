/** Dated is a run of items under one heading, in the order given. */
export interface Dated<T> {
  heading: string;
  items: T[];
}

/** groupByDate puts items, newest first, under the headings of a list of chats: Today, Yesterday ... then by month. */
export function groupByDate<T extends { updated: string }>(items: T[], now = new Date()): Dated<T>[] {
  const groups: Dated<T>[] = [];
  for (const item of items) {
    const heading = headingOf(new Date(item.updated), now);
    const last = groups.at(-1);
    if (last?.heading === heading) last.items.push(item);
    else groups.push({ heading, items: [item] });
  }
  return groups;
}

const midnight = (d: Date) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();

function headingOf(date: Date, now: Date): string {
  // Rounded, because a day of a clock change has 23 or 25 hours.
  const days = Math.round((midnight(now) - midnight(date)) / 86_400_000);
  if (days <= 0) return "Today";
  if (days === 1) return "Yesterday";
  if (days <= 7) return "Previous 7 days";
  if (days <= 30) return "Previous 30 days";
  return date.toLocaleDateString("en", { month: "long", year: "numeric" });
}
