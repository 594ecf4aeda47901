/** The pointer, the wheel and touch on a panel. Dragging with the mouse, which selects a time, is uPlot's own. */
import type uPlot from "uplot";
import type { View } from "./view.ts";

export function gestures(plot: uPlot, view: View): void {
  const { over } = plot;
  const timeAt = (clientX: number): number => plot.posToVal(clientX - over.getBoundingClientRect().left, "x");
  over.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
      const by = event.deltaX || event.deltaY;
      if (sideways) view.pan(by / Math.max(over.clientWidth, 1), false);
      else view.zoom(1.002 ** Math.min(Math.max(event.deltaY, -300), 300), timeAt(event.clientX), false);
    },
    { passive: false },
  );
  over.addEventListener("pointermove", (event) => {
    if (event.pointerType === "mouse") view.point(timeAt(event.clientX));
  });
  over.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "mouse") view.point(null);
  });
  over.addEventListener("dblclick", () => view.go(view.whole()));
  touches(over, view, timeAt);
}

/** One finger moves in time and points, two fingers zoom. Up and down scrolls the page, as the style says. */
function touches(over: HTMLElement, view: View, timeAt: (clientX: number) => number): void {
  const fingers = new Map<number, number>();
  let moved = 0;
  over.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch") return;
    fingers.set(event.pointerId, event.clientX);
    over.setPointerCapture(event.pointerId);
    moved = 0;
  });
  over.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (before === undefined) return;
    const others = [...fingers].filter(([id]) => id !== event.pointerId).map(([, x]) => x);
    const [other] = others;
    if (other === undefined) {
      moved += Math.abs(event.clientX - before);
      const { from_s, to_s } = view.range;
      const perPixel = (to_s - from_s) / Math.max(over.clientWidth, 1);
      view.go(
        { from_s: from_s - (event.clientX - before) * perPixel, to_s: to_s - (event.clientX - before) * perPixel },
        false,
      );
    } else {
      const [apart, now] = [Math.abs(before - other), Math.abs(event.clientX - other)];
      if (apart > 4 && now > 4) view.zoom(apart / now, timeAt((event.clientX + other) / 2), false);
    }
    fingers.set(event.pointerId, event.clientX);
  });
  for (const name of ["pointerup", "pointercancel"] as const)
    over.addEventListener(name, (event) => {
      if (!fingers.delete(event.pointerId) || name === "pointercancel") return;
      if (moved < 6 && fingers.size === 0) view.point(timeAt(event.clientX));
    });
}
