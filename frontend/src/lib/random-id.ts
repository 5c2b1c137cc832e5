const BYTES = 16;

/** 128 random bits in hexadecimal. (crypto.randomUUID needs a secure context, which the window's address is not.) */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
