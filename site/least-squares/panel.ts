// Figure (a), to be moved: the program's own problems and methods, from src/demo, with a start and a correlation of the
// visitor's.

import { HEADING, lossChart, pathChart } from "../../src/demo/charts.js";
import { follow } from "../../src/demo/compare.js";
import { METHOD_TITLES, METHODS } from "../../src/demo/methods.js";
import { fateOfJacobi } from "../../src/demo/model.js";
import { type PlaneProblem, planeProblems } from "../../src/demo/problems.js";
import { dot } from "../../src/linear-algebra.js";
import { create, one } from "../dom.js";
import { colorOf, onLooks } from "../theme.js";
import { LinePicture } from "./picture.js";

const ITERATIONS = 30;
/** Of the first loss: what is below it is left by rounding. */
const SMALLEST = 1e-20;
/** Of the start, by an arrow key, in parts of the picture's side. */
const KEY_STEP = 1 / 40;

type Plane = readonly [number, number];

export function startLeastSquares(): void {
  new LeastSquaresPanel().begin();
}

class LeastSquaresPanel {
  private readonly correlation = one("#correlation", HTMLInputElement);
  private readonly handle = one("#start-handle", HTMLButtonElement);
  private readonly area = one("#paths-area", HTMLElement);
  private readonly paths = new LinePicture(one("#paths", HTMLCanvasElement));
  private readonly losses = new LinePicture(one("#path-losses", HTMLCanvasElement));
  /** Where the visitor put it, of each problem. */
  private readonly starts = new Map<string, Plane>();

  begin(): void {
    this.paths.onDrawn = () => this.placeHandle();
    this.correlation.addEventListener("input", () => this.draw());
    for (const choice of document.querySelectorAll('input[name="unknowns"]')) {
      choice.addEventListener("change", () => this.draw());
    }
    one("#reset-start", HTMLButtonElement).addEventListener("click", () => {
      this.starts.clear();
      this.draw();
    });
    this.acceptPointer();
    this.handle.addEventListener("keydown", (event) => this.moveByKey(event));
    onLooks(() => {
      this.drawLegend();
      this.draw();
    });
    this.drawLegend();
    this.draw();
  }

  private problem(): PlaneProblem {
    const correlation = this.correlation.valueAsNumber;
    const problems = planeProblems(correlation, correlation);
    return problems[Number(one('input[name="unknowns"]:checked', HTMLInputElement).value)];
  }

  private startOf({ name, plane, start }: PlaneProblem): Plane {
    return this.starts.get(name) ?? [dot(start, plane[0]), dot(start, plane[1])];
  }

  private drawLegend(): void {
    const entries = HEADING.curves.map(({ name, color }) => {
      const swatch = create("span", { class: "swatch" });
      swatch.style.background = colorOf(color);
      return create("li", {}, swatch, name);
    });
    one("#methods", HTMLElement).replaceChildren(...entries);
  }

  private draw(): void {
    const problem = this.problem();
    const { plane, model } = problem;
    const [x, y] = this.startOf(problem);
    const start = plane[0].map((value, i) => x * value + y * plane[1][i]);
    const followed = follow({ ...problem, start }, ITERATIONS);
    this.paths.draw(pathChart(followed, 0));
    this.losses.draw(lossChart(followed, ITERATIONS, 0, true));
    one("#correlation-value", HTMLOutputElement).value = this.correlation.valueAsNumber.toFixed(2);
    const fate = fateOfJacobi(model);
    one("#verdict", HTMLElement).textContent =
      `Largest eigenvalue of the scaled Hessian: ${model.scaledLargest.toFixed(2)}, ` +
      `${model.scaledLargest > 2 ? "above" : "not above"} 2. So the plain diagonal ${fate}; RP cannot diverge.`;
    one("#verdict", HTMLElement).dataset.fate = fate;
    const cells = (name: string, values: ArrayLike<number>) =>
      create(
        "tr",
        {},
        create("th", { scope: "row" }, name),
        ...Array.from(values, (value) => create("td", {}, value.toFixed(3))),
      );
    one("#diagonals", HTMLTableElement).tBodies[0].replaceChildren(
      cells("plain diagonal D", model.diagonal),
      cells("RP’s h, eq. (6)", model.majorizer),
    );
    const last = METHODS.map((method) => {
      const { losses } = followed.descents[method];
      const part = losses[losses.length - 1] / losses[0];
      return `${METHOD_TITLES[method]} ${part < SMALLEST ? "0" : part.toExponential(1)}`;
    });
    one("#path-results", HTMLElement).textContent =
      `Loss after ${ITERATIONS} iterations, in parts of the first: ${last.join(", ")}.`;
  }

  private placeHandle(): void {
    const problem = this.problem();
    const [x, y] = this.startOf(problem);
    const place = this.paths.pixelOf(x, y);
    this.handle.style.left = `${place.x}px`;
    this.handle.style.top = `${place.y}px`;
    this.handle.setAttribute("aria-label", `Start at ${x.toFixed(2)}, ${y.toFixed(2)}; arrow keys move it`);
  }

  private moveTo(x: number, y: number): void {
    const { name, view } = this.problem();
    const within = (value: number, { min, max }: { min: number; max: number }) =>
      Math.min(max, Math.max(min, value));
    this.starts.set(name, [within(x, view.x), within(y, view.y)]);
    this.draw();
  }

  private moveByKey(event: KeyboardEvent): void {
    const directions: Record<string, Plane> = {
      ...{ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] },
    };
    const direction = directions[event.key];
    if (!direction) return;
    event.preventDefault();
    const problem = this.problem();
    const { view } = problem;
    const [x, y] = this.startOf(problem);
    const side = ({ min, max }: { min: number; max: number }) => (max - min) * KEY_STEP;
    this.moveTo(x + direction[0] * side(view.x), y + direction[1] * side(view.y));
  }

  /** The handle is dragged; anywhere else in the picture a press brings it there. */
  private acceptPointer(): void {
    let dragging = false;
    const follow = (event: MouseEvent) => {
      const { left, top } = this.area.getBoundingClientRect();
      const { x, y } = this.paths.valueAt(event.clientX - left, event.clientY - top);
      this.moveTo(x, y);
    };
    // A finger on the picture may want to scroll the page; the handle alone is dragged by it.
    this.area.addEventListener("click", (event) => {
      if (event.target !== this.handle) follow(event);
    });
    this.area.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || (event.pointerType === "touch" && event.target !== this.handle)) return;
      dragging = true;
      this.area.setPointerCapture(event.pointerId);
      follow(event);
      event.preventDefault();
      this.handle.focus({ preventScroll: true });
    });
    this.area.addEventListener("pointermove", (event) => {
      if (dragging) follow(event);
    });
    for (const end of ["pointerup", "pointercancel"] as const) {
      this.area.addEventListener(end, () => {
        dragging = false;
      });
    }
  }
}
