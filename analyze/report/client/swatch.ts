/** A small sample of how a series is drawn, for legends. */
import type { PageQuantity } from "../model.ts";

const svgName = "http://www.w3.org/2000/svg";

export function swatch(draw: PageQuantity["draw"], color: string, dash: readonly number[]): SVGElement {
  const svg = make("svg", { width: "22", height: "10", "aria-hidden": "true", class: "swatch" });
  if (draw === "band")
    svg.append(make("rect", { x: "0", y: "1", width: "22", height: "8", fill: color, opacity: "0.3" }));
  else if (draw === "dots")
    svg.append(...[4, 11, 18].map((x) => make("circle", { cx: `${x}`, cy: "5", r: "1.7", fill: color })));
  else if (draw === "crosses")
    svg.append(make("path", { d: "M7 1l8 8m0-8l-8 8", stroke: color, "stroke-width": "1.6", fill: "none" }));
  else if (draw === "states") svg.append(make("rect", { x: "4", y: "3", width: "14", height: "6", fill: color }));
  else if (draw === "marks") svg.append(make("path", { d: "M11 0v10", stroke: color, "stroke-width": "2" }));
  else
    svg.append(
      make("path", {
        d: "M0 5h22",
        stroke: color,
        "stroke-width": "2",
        ...(dash.length > 0 && dash[1] !== 0 ? { "stroke-dasharray": dash.join(" ") } : {}),
      }),
    );
  return svg;
}

function make(name: string, attributes: Readonly<Record<string, string>>): SVGElement {
  const element = document.createElementNS(svgName, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
