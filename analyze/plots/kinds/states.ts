/** The plot `states`: when each flow was in which congestion state. */
import { NothingToDrawError } from "../../errors.ts";
import type { OtherPlot } from "../definition.ts";
import { lossesOf, shadeOf } from "../losses.ts";
import type { Shape } from "../model.ts";
import { reducedMarks, reducedStates } from "../reduce.ts";
import { markLabel, stateShapes } from "../states.ts";
import { solid } from "../style.ts";
import { captionOf, titled } from "../words.ts";

/** A lane for each flow, with its congestion states and, below them, its timeouts as crosses. */
export const states: OtherPlot = {
  shows: "congestion states of each flow, a lane each",
  title: "Congestion states",
  needs: [["ca_state"]],
  views: ["episodes"],
  takes: ["align"],
  mostFlows: 16,
  draw: async (context) => {
    const { trace, flows, from, to, columns } = context;
    const range = {
      from,
      to,
      flows: flows.map(({ flow }) => flow),
      shifts: new Map(flows.map(({ flow, shift_s }) => [flow, shift_s])),
    };
    const lane = new Map(flows.map(({ flow, label }) => [flow, `${flow}: ${label}`]));
    const spans = (await reducedStates(trace, range, columns)).map(({ flow, ...span }) => ({
      ...span,
      lane: lane.get(flow)!,
    }));
    const marks = (await reducedMarks(trace, range, columns)).filter(
      ({ mark }) => mark === "RTO" || mark === "Loss state",
    );
    const losses = await lossesOf(context);
    const seen = flows.map(({ start_s, end_s, flow }) => ({
      from: Math.max(start_s, from),
      to: Math.min(end_s, to),
      lane: lane.get(flow)!,
    }));
    const life = seen.filter((span) => span.from < span.to);
    if (life.length === 0)
      throw new NothingToDrawError("states", `between ${from.toFixed(3)} s and ${to.toFixed(3)} s`);
    const shapes: Shape[] = [
      ...shadeOf(losses, context),
      { kind: "lane", name: "state Open", style: { color: "mist", dash: solid }, spans: life },
      ...stateShapes(spans, "lane"),
      ...(["RTO", "Loss state"] as const).flatMap((name): Shape[] => {
        const at = marks.filter(({ mark }) => mark === name);
        return at.length === 0
          ? []
          : [
              {
                kind: "laneMarks",
                name: markLabel(name),
                style: { color: "vermilion", dash: solid },
                at: at.map(({ t, flow }) => ({ x: t, lane: lane.get(flow)! })),
              },
            ];
      }),
    ];
    return {
      title: titled("Congestion states", context),
      caption: captionOf(context, [losses.note]),
      x: { title: context.timeTitle, scale: "linear", from, to, isTime: true },
      panels: [{ title: null, y: { title: "", scale: "linear", from: 0, to: 1 }, lanes: [...lane.values()], shapes }],
    };
  },
};
