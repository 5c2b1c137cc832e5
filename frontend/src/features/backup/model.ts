/** Where this device backs up to, and how that goes. */
export interface Backup {
  /** "" while it is not set up. */
  folder: string;
  /** The folder that was made in it. */
  set: string;
  /** The house rule; 0: nobody is reminded. */
  days: number;
  due: boolean;
  /** RFC 3339, "" where none is. */
  dueAt: string;
  /** Somebody was reminded today and said later. */
  later: boolean;
  phase: '' | 'writing' | 'reading' | 'testing';
  done: number;
  total: number;
  last: {
    /** RFC 3339, "" while there is none. */
    at: string;
    added: number;
    size: number;
    ops: number;
    /** All of it was read back. */
    read: boolean;
    /** And restored into a temporary place. */
    tested: boolean;
    /** Why not. */
    code: string;
  };
  failed: { at: string; code: string; params: Record<string, string> };
}

/** How good the last backup is, as far as it was tried. */
export function qualityOf({ last }: Backup): 'none' | 'tested' | 'read' | 'unread' {
  if (last.at === '') return 'none';
  if (last.tested) return 'tested';
  return last.read ? 'read' : 'unread';
}

/** Whether to remind of a backup that is due, over whatever screen is open. */
export const reminds = (backup: Backup): boolean => backup.due && !backup.later && backup.phase === '';
