// Makes the keys of t() typed, from the Chinese texts: one line for each namespace.

import 'i18next';
import type account from '../features/account/messages/zh-CN.json';
import type announcement from '../features/announcement/messages/zh-CN.json';
import type audit from '../features/audit/messages/zh-CN.json';
import type backup from '../features/backup/messages/zh-CN.json';
import type chat from '../features/chat/messages/zh-CN.json';
import type connections from '../features/connections/messages/zh-CN.json';
import type org from '../features/org/messages/zh-CN.json';
import type rules from '../features/rules/messages/zh-CN.json';
import type settings from '../features/settings/messages/zh-CN.json';
import type team from '../features/team/messages/zh-CN.json';
import type ui from '../ui/messages/zh-CN.json';
import type app from './messages/zh-CN.json';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'app';
    resources: {
      account: typeof account;
      announcement: typeof announcement;
      app: typeof app;
      audit: typeof audit;
      backup: typeof backup;
      chat: typeof chat;
      connections: typeof connections;
      org: typeof org;
      rules: typeof rules;
      settings: typeof settings;
      team: typeof team;
      ui: typeof ui;
    };
  }
}
