// Pure helpers of the audit log.

export interface Entry {
  id: string;
  /** By the clock of the device, RFC 3339. */
  at: string;
  userId: string;
  userName: string;
  deviceId: string;
  deviceName: string;
  action: string;
  params: Record<string, string>;
  kind: string;
  state: 'valid' | 'refused' | 'pending';
  /** Of a refusal, "" otherwise. */
  reason: string;
}

export interface AuditExport {
  path: string;
  entries: number;
  /** SHA-256 of the file, hex. */
  digest: string;
}

/** What part of time the list shows: so many days back, "" for everything, or from one day to another. */
export const RANGES = ['', '1', '7', '30', '90', 'custom'] as const;

interface Asked {
  /** One of RANGES; "1" is today. */
  days: string;
  /** With "custom": YYYY-MM-DD, both included, "" for no bound. */
  from: string;
  to: string;
}

interface Span {
  /** RFC 3339, inclusive; "" for no bound. */
  from: string;
  /** RFC 3339, exclusive; "" for no bound. */
  to: string;
}

/** Whole days of the machine's own time zone. What is no day is no bound. */
export function spanOf({ days, from, to }: Asked, now: number): Span {
  if (days === 'custom') {
    const bounds = [from, to].map((text) => (/^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00`) : NaN));
    const [first = NaN, last = NaN] = bounds.some(Number.isNaN) ? bounds : bounds.sort((a, b) => a - b);
    return { from: dayFrom(first, 0), to: dayFrom(last, 1) };
  }
  const count = Number(days);
  if (days === '' || !Number.isInteger(count) || count < 1) return { from: '', to: '' };
  return { from: dayFrom(now, 1 - count), to: '' };
}

/** The beginning of the day so many days after a moment. */
function dayFrom(at: number, days: number): string {
  if (Number.isNaN(at)) return '';
  const day = new Date(at);
  day.setHours(0, 0, 0, 0);
  day.setDate(day.getDate() + days);
  return day.toISOString();
}
