/** An address as a picture for cameras. Dark on light whatever the theme: many readers take nothing else. */
import codeOf from "qrcode-generator";

const QUIET = 4; // modules of white around it, as the standard has it

export default function Qr({ value, label }: { value: string; label: string }) {
  const code = codeOf(0, "M");
  code.addData(value);
  code.make();
  const count = code.getModuleCount();
  const places = Array.from({ length: count * count }, (_, at): [number, number] => [Math.floor(at / count), at % count]);
  const path = places.filter(([row, column]) => code.isDark(row, column)).map(([row, column]) => `M${column} ${row}h1v1h-1z`).join("");
  const side = count + 2 * QUIET;
  return (
    <svg role="img" aria-label={label} width={176} height={176} viewBox={`${-QUIET} ${-QUIET} ${side} ${side}`} shapeRendering="crispEdges">
      <rect x={-QUIET} y={-QUIET} width={side} height={side} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
