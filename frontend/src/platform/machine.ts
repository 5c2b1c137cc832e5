/** Whether shortcuts are ⌘ here. The page may be shown by a browser on another system than the backend's: ask the page. */
export function isMac(): boolean {
  return /Macintosh|iPhone|iPad/.test(navigator.userAgent);
}

/** Puts text on the clipboard, also in WebViews that refuse the asynchronous way. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    area.style.position = 'fixed';
    area.style.opacity = '0';
    document.body.append(area);
    area.select();
    // Deprecated, and the only other way there is.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    document.execCommand('copy');
    area.remove();
  }
}
