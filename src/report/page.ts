// The page as one file: its code, its style and the data, none of which can be taken for another.

import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { RpBenchError } from "../errors.js";
import type { ReportModel } from "./model.js";

/** What scripts/build.js made of src/report/page. */
function asset(name: string): string {
  const path = fileURLToPath(new URL(`../../dist/report-page/${name}`, import.meta.url));
  if (!existsSync(path)) {
    throw new RpBenchError("FIGURES_UNAVAILABLE", `${path}: is missing; build it: npm ci && npm run build`);
  }
  return readFileSync(path, "utf8");
}

/** @param live whether the page asks its server for what is new */
export function pageText(model: ReportModel, live = false): string {
  // Inside a script a text of this form would end it, whatever quotes it stands in.
  const script = asset("page.js").replaceAll("</script", "<\\/script");
  const style = asset("page-style.css");
  const sources = [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    "style-src-attr 'unsafe-inline'", // the library that writes SVG sets styles of elements
    "img-src data: blob:",
    ...(live ? ["connect-src 'self'"] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return [
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${sources.join("; ")}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<meta name="generator" content="rp-bench ${model.version}">`,
    "<title>rp-bench</title>",
    `<style>${style}</style>`,
    "</head>",
    `<body${live ? ' data-live="yes"' : ""}>`,
    '<main id="page"><noscript>This page needs JavaScript to draw; it loads nothing from anywhere.</noscript></main>',
    `<script type="application/json" id="report-data">${embedded(model)}</script>`,
    `<script>${script}</script>`,
    "</body>",
    "</html>",
    "",
  ].join("\n");
}

/** JSON that no text in it can end. What is not finite has no place on an axis and is null. */
function embedded(model: ReportModel): string {
  return JSON.stringify(model).replaceAll("<", "\\u003c");
}

function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
