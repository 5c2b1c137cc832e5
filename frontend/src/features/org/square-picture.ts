// Prepares a photograph before it leaves the page. Drawing it anew leaves behind what the file says about place and camera.

import { Fault } from '../../platform/fault';

/** Side in px. */
const SIDE = 256;

/** What a camera makes at most; more would only be a mistake. */
const MAX_FILE = 40 * 1024 * 1024;

const QUALITY = 0.9;

/** The largest square in the middle. */
export function middle(width: number, height: number): { x: number; y: number; side: number } {
  const side = Math.min(width, height);
  return { x: Math.round((width - side) / 2), y: Math.round((height - side) / 2), side };
}

/** A square JPEG of a picture file, in base64. Rejects with a fault of the directory. */
export async function squarePicture(file: File): Promise<string> {
  if (file.size > MAX_FILE) throw new Fault('org.picture_too_large');
  const url = URL.createObjectURL(file);
  try {
    return draw(await load(url));
  } finally {
    URL.revokeObjectURL(url);
  }
}

function load(url: string): Promise<HTMLImageElement> {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.onload = () => resolve(image);
    image.onerror = () => reject(new Fault('org.picture_unreadable'));
    image.src = url;
  });
}

function draw(image: HTMLImageElement): string {
  const { x, y, side } = middle(image.naturalWidth, image.naturalHeight);
  const canvas = document.createElement('canvas');
  canvas.width = SIDE;
  canvas.height = SIDE;
  const to = canvas.getContext('2d');
  if (!to || side === 0) throw new Fault('org.picture_unreadable');
  to.fillStyle = '#fff';
  to.fillRect(0, 0, SIDE, SIDE);
  to.imageSmoothingQuality = 'high';
  to.drawImage(image, x, y, side, side, 0, 0, SIDE, SIDE);
  return canvas.toDataURL('image/jpeg', QUALITY).split(',')[1] ?? '';
}
