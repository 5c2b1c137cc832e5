// IME guard. WebKit fires compositionend before the keydown of the confirming Enter, so isComposing is already false
// there; the only reliable sign is key code 229. Most widgets look at isComposing only, so the event is stopped before
// any widget sees it. Rich editors (contenteditable) handle composition themselves and must still get it.

/** The key code that browsers give to every key an input method has taken. */
const IME_KEY_CODE = 229;

export function isImeKey(event: { isComposing: boolean; keyCode: number }): boolean {
  return event.isComposing || event.keyCode === IME_KEY_CODE;
}

export function installImeGuard(target: Window = window): () => void {
  const guard = (event: KeyboardEvent) => {
    if (!isImeKey(event)) return;
    if (event.target instanceof HTMLElement && event.target.isContentEditable) return;
    event.stopImmediatePropagation();
  };
  target.addEventListener('keydown', guard, true);
  return () => target.removeEventListener('keydown', guard, true);
}
