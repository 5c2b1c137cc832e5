// Errors as the backend tells them: a code and parameters. The text is in the message files, under "faults".

/** Anything that failed without a code. The cause is in the backend's log. */
export const INTERNAL = 'internal';

/** The backend could not be reached at all: it has stopped, or the page lost its address. */
export const UNREACHABLE = 'bridge.unreachable';

export class Fault extends Error {
  readonly code: string;
  readonly params: Readonly<Record<string, string>>;

  constructor(code: string, params: Readonly<Record<string, string>> = {}) {
    super(code);
    this.name = 'Fault';
    this.code = code;
    this.params = params;
  }
}

/**
 * The fault in whatever a call rejected with. Wails rejects with the error's text, which is JSON
 * `{"code","params"}` for a fault; the bridge for browsers rejects the same way.
 */
export function toFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  const text = error instanceof Error ? error.message : error;
  if (typeof text !== 'string') return new Fault(INTERNAL);
  try {
    return fromJSON(JSON.parse(text));
  } catch {
    return new Fault(INTERNAL);
  }
}

function fromJSON(value: unknown): Fault {
  if (typeof value !== 'object' || value === null || !('code' in value) || typeof value.code !== 'string') return new Fault(INTERNAL);
  const params: Record<string, string> = {};
  if ('params' in value && typeof value.params === 'object' && value.params !== null) {
    for (const [name, param] of Object.entries(value.params)) params[name] = String(param);
  }
  return new Fault(value.code, params);
}
