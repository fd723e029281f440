// What `audit` prints at its end.

import type { AuditResult } from "../audit/run-audit.js";
import type { AuditSummary } from "../audit/summary.js";
import { formatTable } from "../table.js";
import { paragraphs } from "../terminal.js";

/** Of the tables, for whoever has not read docs/audit.md. */
const DIAGONALS =
  "h is RP's bound of the curvature, a number for each parameter. It is divided by the true diagonal of the Gauss-Newton matrix and by that of the Hessian; where the bound is tight, h over the first is 1. A parameter whose diagonal is 0 or negative has no such ratio, and is counted in the last two columns.";
const UPDATES =
  "g is the gradient, and −g/h is RP's update at the rate λ = 1. The bound over the model says how loose h is along the optimizer's own update. The best λ lowers the Gauss-Newton model of the loss most, and with a λ above the stable one its steps would grow.";

export function auditText(
  { title, files }: Pick<AuditResult, "title" | "files">,
  summary: AuditSummary,
): string {
  const { judged, above, unitAbove } = summary;
  if (judged === 0) return `${title}\n\nnothing was judged\n`;
  const step = summary.ratios[0]?.step;
  const diagonals =
    step === undefined
      ? []
      : [`medians before update ${step}:\n${formatTable(ratiosTable(summary))}`, paragraphs([DIAGONALS])];
  const parts = [
    title,
    ...diagonals,
    formatTable(updatesTable(summary)),
    paragraphs([UPDATES]),
    paragraphs([
      `true loss above the bound's prediction: ${above} of ${judged} updates (${percent(above, judged)}); it would have been after ${unitAbove} of them, had they been −g/h`,
    ]),
    files.join("\n"),
  ];
  return `${parts.join("\n\n")}\n`;
}

function ratiosTable({ ratios }: AuditSummary): string[][] {
  const head = ["layer", "parameters", "h / Gauss-Newton", "h / Hessian", "Gauss-Newton 0", "Hessian < 0"];
  const rows = ratios
    .filter(({ over }) => over === "gauss_newton")
    .map(({ layer, parameters, quantiles, zeros, count }) => {
      const hessian = ratios.find(
        (one) => one.layer === layer && one.parameters === parameters && one.over === "hessian",
      );
      return [
        ...[String(layer), parameters, short(quantiles?.median), short(hessian?.quantiles?.median)],
        ...[percent(zeros, count), percent(hessian?.negatives ?? 0, count)],
      ];
    });
  return [head, ...rows];
}

function updatesTable({ looseness, bestLambda, stableLambda }: AuditSummary): string[][] {
  const row = (what: string, values: AuditSummary["bestLambda"]) => [
    ...[what, short(values?.median), short(values?.least), short(values?.greatest)],
  ];
  return [
    ["over the updates", "median", "least", "greatest"],
    row("bound over Gauss-Newton model", looseness),
    row("best λ along −g/h", bestLambda),
    row("largest stable λ", stableLambda),
  ];
}

export function short(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  return value < 1e4 ? String(Number(value.toPrecision(3))) : value.toExponential(1);
}

function percent(part: number, whole: number): string {
  return `${Number(((100 * part) / whole).toFixed(1))} %`;
}
