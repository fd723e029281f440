// Figure (a) of the poster: why a plain diagonal of the Hessian fails. Paths in two planes, loss over iterations below.

import type { Range } from "../figures/charts/axes.js";
import type { Curve, Heading, LineChart } from "../figures/charts/line-chart.js";
import { dot, multiply } from "../linear-algebra.js";
import type { Comparison, Followed } from "./compare.js";
import { METHOD_TITLES, METHODS, type Method } from "./methods.js";
import { fateOfJacobi } from "./model.js";
import type { PlaneProblem, Problem } from "./problems.js";

/** The first lies on top: gradient descent, dashed, over RP, whose path it may share. */
const DRAWN = ["gradient-descent", "rp", "newton", "jacobi"] as const satisfies readonly Method[];
const LOOKS: Record<Method, Pick<Curve, "name" | "color" | "style">> = {
  newton: { name: METHOD_TITLES.newton, color: "#000000" },
  jacobi: { name: METHOD_TITLES.jacobi, color: "#0072B2" },
  "gradient-descent": { name: METHOD_TITLES["gradient-descent"], color: "#009E73", style: "dashed" },
  rp: { name: METHOD_TITLES.rp, color: "#D55E00" },
};
const CONTOUR_COLOR = "#c4c4c4";
/** Each contour's loss is this part of that of the next one outside. */
const CONTOUR_RATIO = 1 / 4;
const CONTOURS = 7;
const CONTOUR_POINTS = 180;
/** Iterations that a path shows. */
const MOST_PATH_STEPS = 16;

const WIDTH = 1080;
const PLANE_HEIGHT = 480;
const LOSS_HEIGHT = 340;
/** Of the loss over its first value. */
const LOSS_RANGE = { min: 1e-8, max: 1e4 };

export const HEADING: Heading = {
  title: "Least squares: a plain diagonal of the Hessian can diverge, RP's cannot",
  subtitle:
    "λmax: largest eigenvalue of the Hessian scaled to a diagonal of 1; Jacobi diverges exactly where it is above 2",
  curves: METHODS.map((method) => LOOKS[method]),
};

export function leastSquaresCharts({ planes, many, iterations }: Comparison): LineChart[][] {
  return [
    planes.map((followed) => pathChart(followed, WIDTH / planes.length)),
    many.map((followed, index) => lossChart(followed, iterations, WIDTH / many.length, index === 0)),
  ];
}

/** Of so many pixels' width. */
export function pathChart({ problem, descents }: Followed<PlaneProblem>, width: number): LineChart {
  const { plane, view, axes, note } = problem;
  const { title, subtitle } = titlesOf(problem);
  const paths = DRAWN.map((method): Curve => {
    const points = descents[method].errors
      .slice(0, MOST_PATH_STEPS + 1)
      .map((error) => ({ x: dot(error, plane[0]), y: dot(error, plane[1]) }));
    const outside = points.findIndex(({ x, y }) => !within(x, view.x) || !within(y, view.y));
    return { ...LOOKS[method], points: outside < 0 ? points : points.slice(0, outside + 1) };
  });
  return {
    ...{ title, subtitle: `${subtitle}${note}` },
    ...{ xLabel: axes[0], yLabel: axes[1] },
    ...{ xRange: view.x, xScale: "linear", yRange: view.y, yScale: "linear" },
    curves: [...paths, ...contours(problem)],
    part: { width, height: PLANE_HEIGHT },
  };
}

export function lossChart(
  { problem, descents }: Followed<Problem>,
  iterations: number,
  width: number,
  first: boolean,
): LineChart {
  const curves = DRAWN.map((method): Curve => {
    const { losses } = descents[method];
    // A loss of 0 has no logarithm; it is below the picture either way.
    const points = losses.map((loss, x) => ({ x, y: Math.max(loss / losses[0], Number.MIN_VALUE) }));
    return { ...LOOKS[method], points };
  });
  return {
    ...titlesOf(problem),
    ...{ xLabel: "iterations", yLabel: first ? "loss / first loss" : "" },
    ...{ xRange: { min: 0, max: iterations }, xScale: "linear", yRange: LOSS_RANGE },
    ...{ curves, part: { width, height: LOSS_HEIGHT } },
  };
}

function titlesOf({ title, model }: Problem): { title: string; subtitle: string } {
  const dominant = model.dominant ? "diagonally dominant" : "not dominant";
  return {
    title,
    subtitle: `${dominant}, λmax ${model.scaledLargest.toFixed(3)}: Jacobi ${fateOfJacobi(model)}`,
  };
}

/** Ellipses of equal loss in the plane: the points L⁻ᵀ r (cos φ, sin φ), where L Lᵀ is H there. */
function contours({ model, plane, start }: PlaneProblem): Curve[] {
  const [p, q] = plane;
  const [Hp, Hq] = plane.map((direction) => multiply(model.hessian, direction));
  const a = Math.sqrt(dot(p, Hp));
  const b = dot(p, Hq) / a;
  const c = Math.sqrt(dot(q, Hq) - b * b);
  const outermost = Math.sqrt(dot(start, multiply(model.hessian, start)) / CONTOUR_RATIO ** 2);
  return Array.from({ length: CONTOURS }, (_, index): Curve => {
    const radius = outermost * Math.sqrt(CONTOUR_RATIO) ** index;
    const points = Array.from({ length: CONTOUR_POINTS + 1 }, (_, step) => {
      const angle = (2 * Math.PI * step) / CONTOUR_POINTS;
      const y = (radius * Math.sin(angle)) / c;
      return { x: (radius * Math.cos(angle) - b * y) / a, y };
    });
    return { name: "contour", color: CONTOUR_COLOR, style: "thin", points };
  });
}

const within = (value: number, { min, max }: Range) => value >= min && value <= max;
