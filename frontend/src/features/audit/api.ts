// The only caller of the bindings of the audit log.

import { call } from '../../platform/bindings';
import type { AuditExport, Entry } from './model';

export interface AuditQuery {
  /** Who acted, or to whom it was done. */
  userId: string;
  kind: string;
  /** RFC 3339, inclusive. */
  from: string;
  /** RFC 3339, exclusive. */
  to: string;
  text: string;
  /** Id of the last entry of the page before. */
  before: string;
  limit: number;
}

export interface AuditPage {
  entries: Entry[];
  more: boolean;
}

export const auditApi = {
  list: (query: AuditQuery) => call<AuditPage>('audit', 'List', query),
  kinds: () => call<string[]>('audit', 'Kinds'),
  canExport: () => call<boolean>('audit', 'CanExport'),
  export: () => call<AuditExport>('audit', 'Export'),
};
