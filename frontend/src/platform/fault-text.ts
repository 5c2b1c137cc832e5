import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { INTERNAL, toFault } from './fault';

/** The namespace into which the "faults" of all message files are put, each under its code. */
export const FAULTS = 'faults';

type Lookup = (keys: string[], params: Record<string, string>) => string;

/** What to tell people about an error. A code without a text is told as an internal error, with the code. */
export function useFaultText(): (error: unknown) => string {
  // Codes come from the backend, so the keys cannot be typed.
  const { t } = useTranslation(FAULTS as never) as unknown as { t: Lookup };
  return useCallback(
    (error) => {
      const { code, params } = toFault(error);
      return t([code, INTERNAL], { ...params, code });
    },
    [t],
  );
}
