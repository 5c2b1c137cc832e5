const CENTRE = 7;
const RADIUS = 3.6;

/** A pie that fills as people read; the text beside it says the same. */
export function ReadPie({ share }: { share: number }) {
  const angle = share * 2 * Math.PI - Math.PI / 2;
  const end = `${CENTRE + RADIUS * Math.cos(angle)} ${CENTRE + RADIUS * Math.sin(angle)}`;
  return (
    <svg width="13" height="13" viewBox="0 0 14 14" aria-hidden>
      <circle cx={CENTRE} cy={CENTRE} r="5.6" fill="none" stroke="currentColor" strokeWidth="1.3" />
      {share >= 1 && <circle cx={CENTRE} cy={CENTRE} r={RADIUS} fill="currentColor" />}
      {share > 0 && share < 1 && (
        <path d={`M7 7V${CENTRE - RADIUS}A${RADIUS} ${RADIUS} 0 ${share > 0.5 ? 1 : 0} 1 ${end}Z`} fill="currentColor" />
      )}
    </svg>
  );
}
