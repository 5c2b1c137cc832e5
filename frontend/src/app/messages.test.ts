// Every text is shown somewhere. That none is missing is the compiler's business (i18next.d.ts), and that both languages have
// the same ones i18n.test.ts's.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const src = join(import.meta.dirname, '..');

/** A string in the source, or the pattern of a template: its folder decides whose texts it can name. */
interface Mention {
  folder: string;
  names: (key: string) => boolean;
}

const files = (dir: string, name: RegExp) => readdirSync(join(src, dir), { recursive: true, encoding: 'utf8' }).map((path) => join(dir, path)).filter((path) => name.test(path));

const sources = files('.', /\.tsx?$/).filter((path) => !/\.test\.tsx?$|\.d\.ts$|[\\/]testing([\\/]|\.ts)/.test(path));

const mentions = sources.flatMap((path): Mention[] => {
  const found: Mention[] = [];
  const folder = dirname(path).replaceAll('\\', '/');
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) found.push({ folder, names: (key) => key === node.text });
    if (ts.isTemplateExpression(node)) {
      const pattern = [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
      const whole = new RegExp(`^${pattern.join('.+')}$`);
      // A template without a word of its own, such as `${id}.${name}`, would name everything.
      if (/[a-z]{2}/i.test(pattern.join(''))) found.push({ folder, names: (key) => whole.test(key) });
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, readFileSync(join(src, path), 'utf8'), ts.ScriptTarget.Latest, true, path.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS));
  return found;
});

interface Texts { [key: string]: string | Texts }

function keysOf(texts: Texts, prefix = ''): string[] {
  return Object.entries(texts).flatMap(([key, value]) => (typeof value === 'string' ? [prefix + key] : keysOf(value, `${prefix}${key}.`)));
}

const FORM = /_(zero|one|two|few|many|other)$/;

const tables = files('.', /messages[\\/]zh-CN\.json$/).map((path) => {
  const room = dirname(dirname(path)).replaceAll('\\', '/');
  const { faults = {}, ...texts } = JSON.parse(readFileSync(join(src, path), 'utf8')) as Texts & { faults?: Texts };
  return { room, namespace: room.split('/').at(-1) ?? '', texts, faults };
});

test.each(tables)('$room: no text is left over', ({ room, namespace, texts }) => {
  const unused = keysOf(texts).filter((key) => {
    const plain = key.replace(FORM, '');
    const own = ({ folder }: Mention) => folder === room || folder.startsWith(`${room}/`) || room === 'app';
    return !mentions.some((one) => one.names(`${namespace}:${plain}`) || (own(one) && one.names(plain)));
  });
  expect(unused).toEqual([]);
});

describe('faults', () => {
  const root = join(src, '../..');
  const go = ['backend', 'sync']
    .flatMap((dir) => readdirSync(join(root, dir), { recursive: true, encoding: 'utf8' }).map((path) => join(root, dir, path)))
    .filter((path) => path.endsWith('.go') && !path.endsWith('_test.go'))
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n');
  const codes = tables.flatMap(({ faults }) => keysOf(faults));

  test('each that has a text can happen', () => {
    // Whole in the backend, or put together there from a kind and what the kind is about, or one of the page itself.
    const happens = (code: string) =>
      go.includes(`"${code}"`) || go.includes(`"${code.slice(0, code.lastIndexOf('.') + 1)}"+`) || mentions.some(({ names }) => names(code));
    expect(codes.filter((code) => !happens(code))).toEqual([]);
  });

  test('each has one text: two features that had one each would take turns', () => {
    expect(codes.filter((code, index) => codes.indexOf(code) !== index)).toEqual([]);
  });
});
