import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import classes from './toast.module.css';

interface Toast {
  text: string;
  action?: { label: string; run: () => void };
}

type Show = (toast: Toast | string) => void;

const ToastContext = createContext<Show>(() => undefined);

const SHOWN_MS = 4000;

/** Shows one line for 4 s, bottom left. Not for errors that need a decision. */
export function useToast(): Show {
  return useContext(ToastContext);
}

export function ToastProvider({ children }: { children: ReactNode }) {
  const [toast, setToast] = useState<(Toast & { id: number }) | null>(null);
  const count = useRef(0);
  const show = useCallback<Show>((next) => {
    count.current++;
    setToast({ id: count.current, ...(typeof next === 'string' ? { text: next } : next) });
  }, []);
  const close = useCallback(() => setToast(null), []);
  const view = useMemo(() => toast && <Line key={toast.id} toast={toast} onClose={close} />, [toast, close]);
  return (
    <ToastContext.Provider value={show}>
      {children}
      <div className={classes.place} role="status" aria-live="polite">
        {view}
      </div>
    </ToastContext.Provider>
  );
}

/** The clock stops while the pointer or the focus is on it, so that the action can be reached. */
function Line({ toast, onClose }: { toast: Toast; onClose: () => void }) {
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (held) return;
    const timer = window.setTimeout(onClose, SHOWN_MS);
    return () => window.clearTimeout(timer);
  }, [held, onClose]);
  const { action } = toast;
  return (
    <div
      className={classes.toast}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <span>{toast.text}</span>
      {action && (
        <button
          type="button"
          className={classes.action}
          onClick={() => {
            action.run();
            onClose();
          }}
        >
          {action.label}
        </button>
      )}
    </div>
  );
}
