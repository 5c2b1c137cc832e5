const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

/** 0 B, 812 B, 1.2 MB: three digits at most, in steps of 1024. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const text = unit === 0 || value >= 99.95 ? Math.round(value).toString() : value.toFixed(1).replace(/\.0$/, '');
  return `${text} ${UNITS[unit] ?? ''}`;
}
