// What the reader has chosen. It stands in the address after #, so that a view can be kept and sent.

export const AXES = ["epochs", "steps", "seconds"] as const;
export const SCALES = ["log", "linear"] as const;
export const SHOWN = ["band", "seeds"] as const;
export const LOSSES = ["both", "test", "train"] as const;

export interface State {
  x: (typeof AXES)[number];
  y: (typeof SCALES)[number];
  show: (typeof SHOWN)[number];
  loss: (typeof LOSSES)[number];
  /** Curves that are off, each by its chart's id and its name. */
  off: Set<string>;
  /** Of charts that are zoomed, by id: the least and greatest x, then y. */
  zoom: Map<string, [number, number, number, number]>;
  /** The section that was jumped to. */
  at: string;
}

function oneOf<T extends string>(values: readonly T[], text: string | null): T {
  return values.find((value) => value === text) ?? values[0];
}

export function readState(fragment: string): State {
  const read = new URLSearchParams(fragment.replace(/^#/, ""));
  const zoom = new Map<string, [number, number, number, number]>();
  for (const text of read.getAll("zoom")) {
    const cut = text.lastIndexOf(":");
    const [a, b, c, d, ...more] = text
      .slice(cut + 1)
      .split("~")
      .map(Number);
    const good = more.length === 0 && [a, b, c, d].every(Number.isFinite) && a < b && c < d;
    if (cut > 0 && good) zoom.set(text.slice(0, cut), [a, b, c, d]);
  }
  return {
    x: oneOf(AXES, read.get("x")),
    y: oneOf(SCALES, read.get("y")),
    show: oneOf(SHOWN, read.get("show")),
    loss: oneOf(LOSSES, read.get("loss")),
    off: new Set(read.getAll("off")),
    ...{ zoom, at: read.get("at") ?? "" },
  };
}

/** Without what is as at first. */
export function fragmentOf(state: State): string {
  const text = new URLSearchParams();
  if (state.at) text.set("at", state.at);
  if (state.x !== AXES[0]) text.set("x", state.x);
  if (state.y !== SCALES[0]) text.set("y", state.y);
  if (state.show !== SHOWN[0]) text.set("show", state.show);
  if (state.loss !== LOSSES[0]) text.set("loss", state.loss);
  for (const name of state.off) text.append("off", name);
  for (const [id, range] of state.zoom) {
    text.append("zoom", `${id}:${range.map((value) => Number(value.toPrecision(6))).join("~")}`);
  }
  return text.toString();
}

export let state = readState(location.hash);
const listeners = new Set<() => void>();

/** Called after each change, until `forget`. */
export function onChange(listener: () => void): void {
  listeners.add(listener);
}
export function forgetListeners(): void {
  listeners.clear();
}

/** Without a step in the browser's history: the back button leaves the page. */
export function change(changes: Partial<State>): void {
  state = { ...state, ...changes };
  const fragment = fragmentOf(state);
  history.replaceState(null, "", fragment ? `#${fragment}` : location.pathname + location.search);
  for (const listener of [...listeners]) listener();
}

window.addEventListener("hashchange", () => {
  state = readState(location.hash);
  for (const listener of [...listeners]) listener();
});
