// The part of the page that trains: form, data, runs, and what is shown of them.

import type { Images } from "../../src/data/load.js";
import { messageOf, RpBenchError } from "../../src/errors.js";
import { requireSimd } from "../../src/kernels/wasm.js";
import { one, save } from "../dom.js";
import { colorOf, onLooks } from "../theme.js";
import { baseColorOf } from "./colors.js";
import { type Abscissa, Curves } from "./curves.js";
import { loadFile, loadSample, SAMPLE_NAME } from "./dataset.js";
import { acceptFiles } from "./files.js";
import { FieldError, fillOptimizers, readForm } from "./form.js";
import { type Loaded, splitsOf } from "./images.js";
import { loadKernels } from "./kernels.js";
import type { Problem } from "./messages.js";
import { csvOf, fillReasons, fillTable } from "./numbers.js";
import { Reconstructions } from "./reconstructions.js";
import { Run } from "./run.js";

export function startTrainingPanel(): void {
  new TrainingPanel().begin();
}

const stepsOf = ({ count }: Images, { batchSize, epochs }: Problem) => Math.floor(count / batchSize) * epochs;

class TrainingPanel {
  private runs: Run[] = [];
  private loaded: Loaded | null = null;
  /** The images that were asked for last; null where they could not be had. */
  private asked: Promise<Loaded> | null = null;
  /** Of each run. */
  private steps = 1;
  private starting = false;
  private drawing = false;
  private readonly curves = new Curves(one("#curves", HTMLCanvasElement));
  private readonly reconstructions = new Reconstructions(one("#reconstructions", HTMLElement));
  private readonly train = one("#train-button", HTMLButtonElement);
  private readonly pause = one("#pause-button", HTMLButtonElement);
  private readonly stop = one("#stop-button", HTMLButtonElement);
  private readonly save = one("#save-button", HTMLButtonElement);
  private readonly form = one("#settings", HTMLFormElement);
  private readonly error = one("#form-error", HTMLElement);
  private readonly status = one("#status", HTMLElement);

  begin(): void {
    fillOptimizers();
    this.paintSwatches();
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.startRuns();
    });
    this.pause.addEventListener("click", () => this.togglePause());
    this.stop.addEventListener("click", () => {
      for (const run of this.runs) run.stop();
    });
    this.save.addEventListener("click", () => save("losses.csv", "text/csv", csvOf(this.runs)));
    for (const choice of document.querySelectorAll('input[name="abscissa"]')) {
      choice.addEventListener("change", () => this.changed());
    }
    onLooks(() => {
      this.paintSwatches();
      this.changed();
    });
    acceptFiles((file) => void this.use(loadFile(file)));
    one("#use-sample", HTMLButtonElement).addEventListener("click", () => void this.use(loadSample()));
    this.changed();
    try {
      requireSimd("browser");
    } catch {
      one("#no-simd", HTMLElement).hidden = false;
      this.train.disabled = true;
    }
    void this.use(loadSample());
  }

  private async startRuns(): Promise<void> {
    this.complain(null);
    try {
      await this.asked;
    } catch {
      return; // use() says why
    }
    if (!this.loaded) await this.use(loadSample());
    const { loaded } = this;
    if (!loaded) return;
    try {
      const { problem, choices } = readForm(loaded);
      this.setState("going");
      this.starting = true;
      const module = await loadKernels();
      for (const run of this.runs) run.discard();
      this.runs = choices.map(
        (choice) => new Run(choice, problem, module, loaded.images, () => this.changed()),
      );
      this.steps = stepsOf(splitsOf(loaded.images).train, problem);
      this.reconstructions.begin(loaded, this.runs);
      this.bringIntoView();
    } catch (error) {
      this.complain(error);
    } finally {
      this.starting = false;
      this.changed();
    }
  }

  /** On a phone the curves lie below the form. */
  private bringIntoView(): void {
    const results = one("#results", HTMLElement);
    if (results.getBoundingClientRect().top > innerHeight / 2) results.scrollIntoView({ block: "start" });
  }

  private togglePause(): void {
    const paused = this.runs.some(({ state }) => state === "paused");
    for (const run of this.runs) paused ? run.resume() : run.pause();
  }

  /** Says what is wrong, beside the field where it is one; null takes it back. */
  private complain(error: unknown): void {
    for (const field of this.form.querySelectorAll("[aria-invalid]")) {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-errormessage");
    }
    this.error.hidden = error === null;
    if (error === null) return;
    const text = messageOf(error);
    this.error.textContent = `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
    if (!(error instanceof FieldError)) {
      const isOfFile = error instanceof RpBenchError && error.code === "DATA_CORRUPT";
      one(isOfFile ? "#drop" : "#settings", HTMLElement).append(this.error);
      return;
    }
    (error.field.closest(".optimizer") ?? error.field).after(this.error);
    error.field.setAttribute("aria-invalid", "true");
    error.field.setAttribute("aria-errormessage", this.error.id);
    error.field.closest("details")?.setAttribute("open", "");
    error.field.focus();
  }

  /** What was loaded before stays where this fails. Of what was asked for last, and not of what came last. */
  private async use(loading: Promise<Loaded>): Promise<void> {
    this.complain(null);
    this.asked = loading;
    try {
      const loaded = await loading;
      if (this.asked !== loading) return;
      this.loaded = loaded;
    } catch (error) {
      if (this.asked !== loading) return;
      this.asked = null;
      this.complain(error);
      if (!this.loaded) one("#dataset", HTMLElement).textContent = "There are no images yet.";
      return;
    }
    const { name, images, rows, columns, inFile } = this.loaded;
    const { train, validation, test } = splitsOf(images);
    const some = inFile > images.count ? `the first ${images.count} of ` : "";
    one("#dataset", HTMLElement).textContent =
      `${name}: ${some}${inFile} images of ${rows} × ${columns}; ${train.count} train, ${validation.count} validate, ${test.count} test.`;
    one("#sizes", HTMLElement).textContent = String(images.size);
    one("#use-sample", HTMLButtonElement).hidden = name === SAMPLE_NAME;
    if (this.runs.length === 0) this.reconstructions.begin(this.loaded, []);
  }

  /** Draws at the next frame, once for all that changed before it. */
  private changed(): void {
    if (this.drawing) return;
    this.drawing = true;
    requestAnimationFrame(() => {
      this.drawing = false;
      this.draw();
    });
  }

  private draw(): void {
    const { runs } = this;
    const chosen = one('input[name="abscissa"]:checked', HTMLInputElement).value as Abscissa;
    this.curves.draw(runs, chosen, this.steps);
    this.reconstructions.draw(runs);
    fillTable(one("#numbers tbody", HTMLTableSectionElement), runs);
    fillReasons(one("#reasons", HTMLElement), runs);
    this.paintSwatches();
    const going = runs.some(({ isOver }) => !isOver);
    const paused = runs.some(({ state }) => state === "paused");
    this.pause.disabled = !going;
    this.pause.textContent = paused ? "Resume" : "Pause";
    this.stop.disabled = !going;
    this.save.disabled = !runs.some(({ rows }) => rows.length > 0);
    this.train.textContent = runs.length === 0 ? "Train" : "Train anew";
    if (!this.starting) this.setState(runs.length === 0 ? "empty" : going ? "going" : "over");
    this.say(runs.length === 0 ? "" : paused ? "Paused." : going ? "Training." : "Training has ended.");
  }

  private setState(state: "empty" | "going" | "over"): void {
    one("#results", HTMLElement).dataset.state = state;
  }

  /** Announced where it changes, and only then. */
  private say(text: string): void {
    if (this.status.textContent !== text) this.status.textContent = text;
  }

  private paintSwatches(): void {
    for (const swatch of document.querySelectorAll<HTMLElement>("[data-color]")) {
      swatch.style.background = colorOf(baseColorOf(swatch.dataset.color ?? ""));
    }
  }
}
