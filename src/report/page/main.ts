// The page: reads the data that are embedded in it and draws them; a live page asks its server for what is new.

import type { FolderModel, ReportModel } from "../model.js";
import { controls } from "./controls.js";
import { h } from "./dom.js";
import { figure, forgetFigures } from "./figure.js";
import { live } from "./live.js";
import { claimCards, header, reconstructions } from "./sections.js";
import { dotView, lossView, viewOf } from "./series.js";
import { change, forgetListeners, state } from "./state.js";
import { table } from "./table.js";

interface Section {
  id: string;
  title: string;
  intro: string;
  /** What of a folder belongs to it; nothing where it has none. */
  of(folder: FolderModel, index: number): HTMLElement[];
}

const SECTIONS: Section[] = [
  {
    id: "findings",
    title: "Findings",
    intro:
      "Each claim of the method, with what this study found. Open a problem to read the numbers of each optimizer against each rival.",
    of: (folder) => claimCards(folder),
  },
  {
    id: "curves",
    title: "Loss curves",
    intro:
      "Choose a curve in the legend to hide it. Point at a curve, or go along it with the arrow keys, to read its values; drag over a part to enlarge it.",
    of: ({ problems }, index) =>
      problems.flatMap(({ problem, losses }) =>
        losses
          ? [
              figure({
                ...{ id: `${index}.${problem}`, view: () => lossView(losses, state), height: 380 },
                note: losses.thinned
                  ? `The chart shows ${losses.thinned.shown} of ${losses.thinned.of} evaluations, evenly spaced; the CSV files have all.`
                  : null,
              }),
            ]
          : [],
      ),
  },
  {
    id: "results",
    title: "Results",
    intro:
      "Losses at the end of training, over the seeds that were trained to their end. Choose a heading to sort.",
    of: ({ problems }) =>
      problems.flatMap(({ results }) => (results.rows.length > 0 ? [table(results)] : [])),
  },
  {
    id: "pairs",
    title: "Seed by seed",
    intro:
      "The same seed gives every optimizer the same first weights and the same batches, so losses are compared in pairs.",
    of: ({ problems }, index) =>
      problems.flatMap(({ problem, paired }) => {
        if (!paired) return [];
        const notes = paired.pairs.filter(({ note }) => note).map(({ name, note }) => `${name}: ${note}`);
        return [
          figure({
            ...{ id: `pairs.${index}.${problem}`, view: () => dotView(paired), legend: false },
            height: 120 + 44 * paired.pairs.length,
            note: notes.length > 0 ? `${notes.join(". ")}.` : null,
          }),
        ];
      }),
  },
  {
    id: "profiles",
    title: "Time to the target",
    intro:
      "A curve that is high at the left belongs to an optimizer that is often the fastest; one that is high at the right solves most problems at all (a performance profile, after Dolan and Moré).",
    of: ({ profiles, problems }, index) => [
      ...profiles.map((chart, one) =>
        figure({ id: `profile.${index}.${one}`, view: () => viewOf(chart), height: 320 }),
      ),
      ...problems.flatMap(({ problem, budget }) =>
        budget ? [figure({ id: `budget.${index}.${problem}`, view: () => viewOf(budget), height: 300 })] : [],
      ),
    ],
  },
  {
    id: "search",
    title: "Search for the learning rate",
    intro: "Every rate that was tried, on validation images alone, and why it was chosen or not.",
    of: ({ problems }, index) => [
      ...problems.flatMap(({ problem, search }) =>
        search
          ? [figure({ id: `search.${index}.${problem}`, view: () => viewOf(search.chart), height: 340 })]
          : [],
      ),
      ...problems.flatMap(({ search }) =>
        search && search.table.rows.length > 0
          ? [h("details", { class: "wide" }, h("summary", {}, search.table.title), table(search.table, "h4"))]
          : [],
      ),
    ],
  },
  {
    id: "overfitting",
    title: "Overfitting",
    intro:
      "Test loss minus train loss: at the same train loss, which compares optimizers at the same fit, and over epochs.",
    of: ({ problems }, index) =>
      problems.flatMap(({ problem, overfitting }) =>
        overfitting.map((chart, one) =>
          figure({ id: `fit.${index}.${problem}.${one}`, view: () => viewOf(chart), height: 320 }),
        ),
      ),
  },
  {
    id: "images",
    title: "Reconstructions",
    intro: "Test images, and below them what each trained network makes of them.",
    of: ({ problems }) =>
      problems.flatMap(({ reconstructions: model }) => (model ? [reconstructions(model)] : [])),
  },
  {
    id: "runs",
    title: "Every run",
    intro: "Also those that diverged or failed.",
    of: ({ runs }) => (runs.rows.length > 0 ? [table(runs)] : []),
  },
];

function sections({ folders }: ReportModel): { section: Section; element: HTMLElement }[] {
  return SECTIONS.flatMap((section) => {
    const columns = folders.map((folder, index) => ({ folder, parts: section.of(folder, index) }));
    if (columns.every(({ parts }) => parts.length === 0)) return [];
    const several = folders.length > 1;
    const hasSeconds = folders.some(({ problems }) => problems.some(({ losses }) => losses?.charts.seconds));
    const element = h(
      "section",
      { id: `section-${section.id}`, class: "part", tabindex: -1 },
      h("h2", {}, section.title),
      h("p", { class: "intro" }, section.intro),
      section.id === "curves" ? controls(hasSeconds) : null,
      h(
        "div",
        { class: several ? "columns" : null },
        columns.map(({ folder, parts }) =>
          h(
            "div",
            { class: "column" },
            several ? h("p", { class: "column-name" }, folder.name) : null,
            parts.length > 0
              ? h("div", { class: `grid ${section.id}` }, parts)
              : h("p", { class: "note" }, "This folder has nothing of it."),
          ),
        ),
      ),
    );
    return [{ section, element }];
  });
}

function jump(id: string): void {
  const target = document.getElementById(`section-${id}`);
  target?.scrollIntoView();
  target?.focus({ preventScroll: true });
}

function render(model: ReportModel): void {
  forgetFigures();
  forgetListeners();
  document.title = model.title;
  const parts = sections(model);
  const links = parts.map(({ section }) =>
    h(
      "a",
      {
        href: `#at=${section.id}`,
        click: (event) => {
          event.preventDefault();
          change({ at: section.id });
          jump(section.id);
        },
      },
      section.title,
    ),
  );
  const page = document.getElementById("page");
  page?.replaceChildren(
    h(
      "header",
      { class: "top" },
      h("h1", {}, model.title),
      h("nav", { "aria-label": "Parts of the page" }, links),
    ),
    h("div", { class: model.folders.length > 1 ? "columns" : "" }, model.folders.map(header)),
    model.comparison ? table(model.comparison) : "",
    ...parts.map(({ element }) => element),
    h(
      "footer",
      {},
      `Made by rp-bench ${model.version} from the folder's CSV files. It loads nothing from anywhere.`,
    ),
  );
}

const data = document.getElementById("report-data")?.textContent ?? "{}";
render(JSON.parse(data));
if (state.at) requestAnimationFrame(() => jump(state.at));
if (document.body.dataset.live) live(render);
