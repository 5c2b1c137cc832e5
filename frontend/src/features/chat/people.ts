// How the chat screens describe people.

import { last } from '../../lib/last';
import type { Person } from '../../platform/api';
import type { Person as Choice } from '../../ui/person-picker';

/** Department and position in one line. */
export function detailOf(person: Person): string {
  return [last(person.departmentPath), person.position].filter(Boolean).join(' · ');
}

export function toChoice(person: Person): Choice {
  return { userId: person.userId, name: person.name, detail: detailOf(person), colour: person.avatar, online: person.online };
}

interface Department {
  id: string;
  parentId: string;
  name: string;
}

/** Departments for a select; what is below another is set in. The list is depth first. */
export function departmentOptions(departments: readonly Department[]): { value: string; label: string }[] {
  const depth = new Map<string, number>();
  return departments.map(({ id, parentId, name }) => {
    const level = (depth.get(parentId) ?? -1) + 1;
    depth.set(id, level);
    // Ideographic spaces: ordinary ones would be collapsed.
    return { value: id, label: '\u3000'.repeat(level) + name };
  });
}

/** Whether someone fits what was typed: part of the name, the beginning of the pinyin or of the staff number. */
export function matchesPerson(text: string, name: string, person: Person | undefined): boolean {
  const wanted = text.trim().toLowerCase();
  if (name.toLowerCase().includes(wanted)) return true;
  const latin = wanted.replace(/\s/g, '');
  return person !== undefined && [person.pinyin, person.staffNo].some((field) => field.toLowerCase().replace(/\s/g, '').startsWith(latin));
}
