import { useMemo } from 'react';
import { encode } from 'uqr';
import classes from './qr-code.module.css';

interface QrCodeProps {
  /** What it is for; the text itself is beside it. */
  label: string;
  text: string;
  /** In px, with the quiet zone. */
  size?: number;
}

/** Modules of free space around the code, as the standard asks for. */
const QUIET = 4;

/** Always black on white: many scanners cannot read it the other way round. */
export function QrCode({ label, text, size = 200 }: QrCodeProps) {
  const code = useMemo(() => draw(text), [text]);
  return (
    <svg className={classes.code} role="img" aria-label={label} width={size} height={size} viewBox={`0 0 ${code.size} ${code.size}`} shapeRendering="crispEdges">
      <path fill="#fff" d={`M0 0h${code.size}v${code.size}H0z`} />
      <path fill="#000" d={code.path} />
    </svg>
  );
}

/** With more, the code's modules become too small for a camera: this is about version 25 of 40. */
const MOST_BYTES = 1200;

export function fitsQrCode(text: string): boolean {
  return new TextEncoder().encode(text).length <= MOST_BYTES;
}

function draw(text: string): { size: number; path: string } {
  const { data, size } = encode(text, { ecc: 'L', border: QUIET });
  const path = data.map((row, y) => runs(row).map(([x, width]) => `M${x} ${y}h${width}v1H${x}z`).join('')).join('');
  return { size, path };
}

/** Where dark modules begin and how many follow each other. */
function runs(row: readonly boolean[]): [number, number][] {
  const found: [number, number][] = [];
  row.forEach((dark, x) => {
    const last = found[found.length - 1];
    if (!dark) return;
    if (last && last[0] + last[1] === x) last[1]++;
    else found.push([x, 1]);
  });
  return found;
}
