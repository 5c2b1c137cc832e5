/** The day of the demonstration: pictures must not change with the date. Local time. */
export const NOW = new Date(2026, 10, 21, 10, 42, 18).getTime();

/** So many minutes before the demonstration's now, RFC 3339. */
export function ago(minutes: number): string {
  return new Date(NOW - minutes * 60_000).toISOString();
}
