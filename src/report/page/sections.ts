// The parts of the page that say what was run and what was found.

import type { ClaimModel, Finding, FolderModel, ReconstructionModel, Verdict } from "../model.js";
import { h, saveText } from "./dom.js";
import { table } from "./table.js";

export function header(folder: FolderModel): HTMLElement {
  const { facts, repeat, warnings } = folder;
  const lost = folder.problems.flatMap(({ title, lost: some }) => some.map((one) => `${title}: ${one}`));
  return h(
    "section",
    { class: "card" },
    h("h3", {}, folder.name),
    h(
      "dl",
      { class: "facts" },
      facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value))),
    ),
    repeat
      ? h(
          "div",
          { class: "repeat" },
          h("p", {}, "To make these results again, save the configuration and give this command:"),
          h(
            "p",
            { class: "command" },
            h("code", {}, repeat.command),
            h(
              "button",
              {
                type: "button",
                class: "small",
                click: () => saveText(repeat.file, "application/json", repeat.text),
              },
              `Save ${repeat.file}`,
            ),
          ),
          repeat.note ? h("p", { class: "note" }, repeat.note) : null,
        )
      : null,
    callout("callout bad", "Not every run was trained to its end.", lost),
    callout("callout", "Not all of the folder could be read or believed.", warnings),
    folder.datasets
      ? h("details", {}, h("summary", {}, "The data files and their checksums"), table(folder.datasets, "h4"))
      : null,
  );
}

/** Nothing where there is nothing to say. */
function callout(kind: string, title: string, items: readonly string[]): HTMLElement | null {
  if (items.length === 0) return null;
  const list = items.map((item) => h("li", {}, item));
  return h("div", { class: kind }, h("p", {}, h("strong", {}, title)), h("ul", {}, list));
}

const WORDS: Record<Verdict, string> = { yes: "holds", no: "does not hold", undecided: "undecided" };
const SIGNS: Record<Verdict, string> = { yes: "✓", no: "✗", undecided: "?" };

export function claimCards({ claims }: FolderModel): HTMLElement[] {
  return claims.map((claim) =>
    h(
      "section",
      { class: "card claim" },
      h("p", { class: "verdict" }, counts(claim.findings, ` of ${claim.findings.length}`)),
      h("h3", {}, claim.claim),
      h("p", { class: "subtitle" }, claim.criterion),
      byProblem(claim),
    ),
  );
}

/** Pairs of a problem that are named on its line; more are counted. */
const MOST_MARKS = 3;

function byProblem({ findings }: ClaimModel): HTMLElement[] {
  const problems = [...new Set(findings.map(({ problem }) => problem))];
  return problems.map((problem) => {
    const own = findings.filter((one) => one.problem === problem);
    const marks = own.length <= MOST_MARKS ? own.map(mark) : counts(own);
    return h(
      "details",
      { class: "findings", open: findings.length <= 3 },
      h("summary", {}, problem, h("span", { class: "marks" }, marks)),
      h(
        "ul",
        {},
        own.map((one) =>
          h("li", {}, badge(one), h("strong", {}, ` ${one.own} against ${one.rival}. `), one.sentence),
        ),
      ),
    );
  });
}

/** How often each verdict was given, of those that were. */
function counts(findings: readonly Finding[], after = ""): HTMLElement[] {
  return (["yes", "no", "undecided"] as const).flatMap((verdict) => {
    const count = findings.filter((one) => one.verdict === verdict).length;
    const text = `${SIGNS[verdict]} ${WORDS[verdict]} ${count}${after}`;
    return count > 0 ? [h("span", { class: `badge ${verdict}` }, text)] : [];
  });
}

function mark({ verdict, own, rival, word }: Finding): HTMLElement {
  const said = `${own} against ${rival}: ${WORDS[verdict]} (${word})`;
  return h("span", { class: `badge ${verdict}`, title: said }, `${SIGNS[verdict]} ${own} / ${rival}`);
}

function badge({ verdict, word }: Finding): HTMLElement {
  return h("span", { class: `badge ${verdict}` }, `${SIGNS[verdict]} ${word}`);
}

export function reconstructions({ title, rows, count, missing }: ReconstructionModel): HTMLElement {
  return h(
    "section",
    { class: "card" },
    h("h3", {}, title),
    missing === null ? null : h("p", { class: "note" }, `The images cannot be shown: ${missing}`),
    rows.map(({ name, image }) =>
      h(
        "figure",
        { class: "strip" },
        h("figcaption", {}, name),
        h("img", { src: image, alt: `${count} images in a row: ${name}`, decoding: "async" }),
      ),
    ),
  );
}
