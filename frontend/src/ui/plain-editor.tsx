import { Extension, Node } from '@tiptap/core';
import type { Editor } from '@tiptap/core';
import { UndoRedo } from '@tiptap/extensions';
import { Fragment, Slice } from '@tiptap/pm/model';
import type { Node as ProseMirrorNode, Schema } from '@tiptap/pm/model';
import { Plugin } from '@tiptap/pm/state';
import { Decoration, DecorationSet } from '@tiptap/pm/view';
import { EditorContent, useEditor } from '@tiptap/react';
import { imeSpan } from 'prosemirror-safari-ime-span';
import { useEffect, useImperativeHandle, useRef } from 'react';
import type { Ref } from 'react';
import type { SendKey } from '../platform/api';
import { enterAction } from './enter-action';
import classes from './plain-editor.module.css';

export interface PlainEditorHandle {
  focus: () => void;
  text: () => string;
  setText: (text: string) => void;
  /** Puts text where the cursor is and focuses the editor. */
  insert: (text: string) => void;
}

interface PlainEditorProps {
  ref?: Ref<PlainEditorHandle>;
  label: string;
  placeholder: string;
  initialText: string;
  sendKey: SendKey;
  /** Never called while an input method is composing (ui.md §8). */
  onChange: (text: string) => void;
  onSubmit: () => void;
  describedBy?: string | undefined;
}

// The editor knows lines and nothing else: a paragraph is a line, so text goes in
// and comes out unchanged, and pasted formatting has nothing to become.
const Lines = Node.create({ name: 'doc', topNode: true, content: 'line+' });
const Line = Node.create({
  name: 'line',
  content: 'text*',
  parseHTML: () => [{ tag: 'p' }],
  renderHTML: () => ['p', 0],
});
const Text = Node.create({ name: 'text' });

/** Shows a text while nothing is written. (TipTap's own decides by the state before the change.) */
const Hint = Extension.create<{ text: string }>({
  name: 'hint',
  addOptions: () => ({ text: '' }),
  addProseMirrorPlugins() {
    const attributes = { class: classes.empty ?? '', 'data-hint': this.options.text };
    const decorations = ({ doc }: { doc: ProseMirrorNode }) =>
      doc.childCount === 1 && doc.firstChild?.content.size === 0
        ? DecorationSet.create(doc, [Decoration.node(0, doc.firstChild.nodeSize, attributes)])
        : null;
    return [new Plugin({ props: { decorations } }), imeSpan];
  },
});

/** WebKit sends its last input a moment after compositionend; ProseMirror waits 20 ms for it. */
const COMPOSITION_SETTLES_MS = 40;

export function PlainEditor({ ref, label, placeholder, initialText, sendKey, onChange, onSubmit, describedBy }: PlainEditorProps) {
  const latest = useRef({ sendKey, onChange, onSubmit });
  useEffect(() => {
    latest.current = { sendKey, onChange, onSubmit };
  });

  const editor = useEditor({
    extensions: [Lines, Line, Text, UndoRedo, Hint.configure({ text: placeholder })],
    content: toDocument(initialText),
    editorProps: {
      attributes: {
        class: classes.editor ?? '',
        role: 'textbox',
        'aria-multiline': 'true',
        'aria-label': label,
        ...(describedBy ? { 'aria-describedby': describedBy } : {}),
      },
      handleKeyDown: (view, event) => {
        const action = enterAction(event, latest.current.sendKey, view.composing);
        if (action === 'send') latest.current.onSubmit();
        else if (action === 'newline') {
          const change = view.state.tr.deleteSelection();
          view.dispatch(change.split(change.selection.from).scrollIntoView());
        }
        return action !== null;
      },
      handlePaste: (view, event) => {
        const text = event.clipboardData?.getData('text/plain');
        if (!text) return false;
        view.dispatch(view.state.tr.replaceSelection(toSlice(view.state.schema, text)).scrollIntoView());
        return true;
      },
      clipboardTextSerializer: (slice) => slice.content.textBetween(0, slice.content.size, '\n'),
      handleDOMEvents: {
        compositionend: (view) => {
          window.setTimeout(() => {
            if (!view.isDestroyed && !view.composing) latest.current.onChange(textOf(view.state.doc));
          }, COMPOSITION_SETTLES_MS);
          return false;
        },
      },
    },
    onUpdate: ({ editor: changed }) => {
      if (!changed.view.composing) latest.current.onChange(textOf(changed.state.doc));
    },
  });

  // Between drawing and mounting, TipTap replaces an editor that waited too long: what was asked of the old one is done by the new.
  const missed = useRef<((handle: PlainEditorHandle) => void) | null>(null);
  useImperativeHandle(ref, () => {
    const handle = handleOf(editor);
    const first =
      <A extends unknown[]>(act: (handle: PlainEditorHandle, ...args: A) => void) =>
      (...args: A) => {
        if (!editor.isDestroyed) act(handle, ...args);
        else missed.current = (next) => act(next, ...args);
      };
    missed.current?.(handle);
    missed.current = null;
    return {
      focus: first((to) => to.focus()),
      text: handle.text,
      setText: first((to, text: string) => to.setText(text)),
      insert: first((to, text: string) => to.insert(text)),
    };
  }, [editor]);

  return <EditorContent editor={editor} className={classes.root} />;
}

function handleOf(editor: Editor): PlainEditorHandle {
  return {
    focus: () => editor.commands.focus('end'),
    text: () => textOf(editor.state.doc),
    setText: (text) => editor.commands.setContent(toDocument(text), { emitUpdate: true }),
    insert: (text) => {
      editor.view.dispatch(editor.state.tr.insertText(text).scrollIntoView());
      editor.view.focus();
    },
  };
}

function textOf(doc: ProseMirrorNode): string {
  return doc.textBetween(0, doc.content.size, '\n');
}

function toDocument(text: string) {
  return {
    type: 'doc',
    content: lines(text).map((line) => (line ? { type: 'line', content: [{ type: 'text', text: line }] } : { type: 'line' })),
  };
}

/** Open at both ends: the first and last line join the line that the cursor is in. */
function toSlice(schema: Schema, text: string): Slice {
  const type = schema.nodes.line;
  if (!type) throw new Error('the schema has no line');
  const nodes = lines(text).map((line) => type.create(null, line ? schema.text(line) : null));
  return new Slice(Fragment.from(nodes), 1, 1);
}

function lines(text: string): string[] {
  return text.replace(/\r\n?/g, '\n').split('\n');
}
