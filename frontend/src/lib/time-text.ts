// Times as people read them. "Now" is an argument, the language a BCP 47 tag, and
// the time zone the machine's own.

export interface TimeText {
  /** 10:42 */
  clock(at: number): string;
  /** For list rows: 10:42 today, 昨天, 11月21日, 2025/11/21. */
  brief(at: number, now: number): string;
  /** For day separators: 今天, 昨天, 11月21日 星期六, 2025年11月21日 星期五. */
  day(at: number, now: number): string;
  /** 今天 10:42, 11月21日 10:42 */
  full(at: number, now: number): string;
  /** 2026年11月21日 */
  date(at: number): string;
}

/** Formatters are slow to make and the same for every row: one set per language. */
const made = new Map<string, TimeText>();

export function timeText(language: string): TimeText {
  let text = made.get(language);
  if (!text) {
    text = makeTimeText(language);
    made.set(language, text);
  }
  return text;
}

function makeTimeText(language: string): TimeText {
  const format = (options: Intl.DateTimeFormatOptions) => {
    const formatter = new Intl.DateTimeFormat(language, options);
    return (at: number) => formatter.format(at);
  };
  const clock = format({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const monthDay = format({ month: 'short', day: 'numeric' });
  const numeric = format({ year: 'numeric', month: '2-digit', day: '2-digit' });
  const weekday = format({ month: 'long', day: 'numeric', weekday: 'long' });
  const withYear = format({ year: 'numeric', month: 'long', day: 'numeric', weekday: 'long' });
  const date = format({ year: 'numeric', month: 'long', day: 'numeric' });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const nearDay = (ago: number) => capital(relative.format(-ago, 'day'));

  return {
    clock,
    brief(at, now) {
      const ago = daysBetween(at, now);
      if (ago === 0) return clock(at);
      if (ago === 1) return nearDay(1);
      return sameYear(at, now) ? monthDay(at) : numeric(at);
    },
    day(at, now) {
      const ago = daysBetween(at, now);
      if (ago === 0 || ago === 1) return nearDay(ago);
      return sameYear(at, now) ? weekday(at) : withYear(at);
    },
    full(at, now) {
      const ago = daysBetween(at, now);
      if (ago === 0 || ago === 1) return `${nearDay(ago)} ${clock(at)}`;
      return `${sameYear(at, now) ? monthDay(at) : numeric(at)} ${clock(at)}`;
    },
    date,
  };
}

/** Calendar days from one instant to a later one; summer time makes days of 23 or 25 hours. */
function daysBetween(from: number, to: number): number {
  return Math.round((startOfDay(to) - startOfDay(from)) / 86_400_000);
}

function startOfDay(at: number): number {
  const date = new Date(at);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

function sameYear(a: number, b: number): boolean {
  return new Date(a).getFullYear() === new Date(b).getFullYear();
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
