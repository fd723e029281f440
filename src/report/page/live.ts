// Of a page that is served while runs are made: progress, and what is new.

import type { LiveProgress } from "../live/messages.js";
import type { ReportModel } from "../model.js";
import { h } from "./dom.js";

/** What is new is asked for at most so often. */
const FETCH_MILLISECONDS = 2000;

export function live(render: (model: ReportModel) => void): void {
  const bar = h("progress", { max: 1, value: 0, "aria-label": "Progress of the command" });
  const text = h("p", { class: "live-text" }, "Connecting …");
  const stop = h("button", { type: "button", class: "stop" }, "Stop");
  document.body.prepend(h("aside", { class: "live", "aria-label": "Progress" }, bar, text, stop));
  stop.addEventListener("click", async () => {
    stop.disabled = true;
    text.textContent = "Stopping …";
    await fetch("stop", { method: "POST" });
  });

  let [waiting, asked] = [false, 0];
  const renew = async () => {
    if (waiting) return;
    waiting = true;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, asked + FETCH_MILLISECONDS - Date.now())));
    waiting = false;
    asked = Date.now();
    const answer = await fetch("model.json");
    if (!answer.ok) return;
    const top = scrollY;
    render(await answer.json());
    scrollTo(0, top);
  };
  const source = new EventSource("events");
  source.addEventListener("progress", ({ data }) => {
    const { share, words } = JSON.parse(data) as LiveProgress;
    bar.value = share;
    text.textContent = words;
  });
  source.addEventListener("changed", renew);
  source.addEventListener("end", async ({ data }) => {
    source.close();
    stop.hidden = true;
    text.textContent = (JSON.parse(data) as LiveProgress).words;
  });
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) text.textContent = "The command has ended.";
  });
}
