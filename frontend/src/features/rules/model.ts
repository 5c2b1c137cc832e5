// Pure helpers of the house rules.

/** A boolean, a number, a text or a list of texts, by the rule's kind. */
export type RuleValue = boolean | number | string | string[];

export interface Rule {
  key: string;
  group: RuleGroup;
  kind: 'bool' | 'int' | 'enum' | 'text' | 'list';
  unit: RuleUnit;
  /** Of the number, the characters, or the entries. */
  min: number;
  max: number;
  /** The smallest number but 0; 0: min. */
  least: number;
  /** The choices; of a number: values that have names, others are as good. */
  options: string[];
  default: RuleValue;
  value: RuleValue;
  /** It is not the default. */
  changed: boolean;
  /** Numbers of the requirements that it serves: "R35". */
  serves: string[];
  level: 'H' | 'D' | 'F' | 'P';
  who: 'owner' | 'admin';
  canChange: boolean;
  /** This version obeys it; the others wait for their feature. */
  acts: boolean;
  /** What it takes away does not come back. */
  final: boolean;
  /** Of the last change, RFC 3339; "" if there was none. */
  at: string;
  by: string;
}

export interface RuleChange {
  /** RFC 3339 */
  at: string;
  byId: string;
  byName: string;
  device: string;
  from: RuleValue;
  to: RuleValue;
}

export type RuleUnit = '' | 'seconds' | 'minutes' | 'hours' | 'days' | 'working_days' | 'megabytes' | 'characters' | 'times' | 'parts' | 'clock';

export const GROUPS = ['account', 'chat', 'groups', 'announcement', 'tasks', 'approvals', 'meetings', 'files', 'reports', 'emergency', 'audit'] as const;
export type RuleGroup = (typeof GROUPS)[number];

/** The rules of a group; with a search, of all groups. `wordsOf` is what a rule is found by. */
export function shownRules(rules: readonly Rule[], group: RuleGroup, text: string, wordsOf: (rule: Rule) => string): Rule[] {
  const query = text.trim().toLowerCase();
  if (query === '') return rules.filter((rule) => rule.group === group);
  // R4 must not find R45.
  if (/^r\d+$/.test(query)) return rules.filter(({ serves }) => serves.some((one) => one.toLowerCase() === query));
  return rules.filter((rule) => wordsOf(rule).toLowerCase().includes(query));
}

/** A list that is typed: one entry on each line, or with commas. */
export function entriesOf(text: string): string[] {
  const all = text.split(/[\n,，、;；]/).map((entry) => entry.trim());
  return [...new Set(all.filter((entry) => entry !== ''))];
}

export type ValueProblem = 'number' | 'range' | 'least' | 'clock' | 'length' | 'entries' | null;

/** What is wrong with a value, as far as can be told before the backend checks it. */
export function problemOf(rule: Rule, value: RuleValue): ValueProblem {
  const { kind, min, max, unit } = rule;
  if (kind === 'int') {
    if (typeof value !== 'number' || !Number.isInteger(value)) return 'number';
    if (value !== 0 && value < rule.least) return 'least';
    return value < min || value > max ? 'range' : null;
  }
  if (kind === 'text' && typeof value === 'string') {
    if (unit === 'clock') return /^([01]\d|2[0-3]):[0-5]\d$/.test(value) ? null : 'clock';
    const length = Array.from(value).length;
    return length < min || length > max ? 'length' : null;
  }
  if (kind === 'list' && Array.isArray(value)) return value.length < min || value.length > max ? 'entries' : null;
  return null;
}

export function sameValue(a: RuleValue, b: RuleValue): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
