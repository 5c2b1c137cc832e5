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

/** How far back the list reaches, in days; "" for everything. */
export const RANGES = ['', '1', '7', '30', '90'] as const;

/** The beginning of the day so many days ago, RFC 3339; "" for everything. "1" is today. */
export function rangeFrom(days: string, now: number): string {
  const count = Number(days);
  if (days === '' || !Number.isInteger(count) || count < 1) return '';
  const day = new Date(now);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() - (count - 1)).toISOString();
}

/** A digest in groups of eight, to be compared by people. */
export function digestText(digest: string): string {
  return digest.match(/.{1,8}/g)?.join(' ') ?? '';
}
