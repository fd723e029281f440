// Of a page that is served while runs are made: progress, and what is new.

import type { LiveState } from "../live/messages.js";
import type { ReportModel } from "../model.js";
import { h } from "./dom.js";

/** What is new is asked for at most so often. */
const FETCH_MILLISECONDS = 2000;

export function live(render: (model: ReportModel) => void): void {
  const bar = h("progress", { max: 1, value: 0, "aria-label": "Progress of the command" });
  const text = h("p", { class: "live-text", role: "status" }, "Connecting …");
  const stop = h("button", { type: "button", class: "stop" }, "Stop");
  document.body.prepend(h("aside", { class: "live", "aria-label": "Progress" }, bar, text, stop));
  stop.addEventListener("click", async () => {
    stop.disabled = true;
    const { ok } = await fetch("stop", { method: "POST" });
    if (!ok) stop.disabled = false;
  });

  let [shown, wanted] = [0, 0];
  let fetching = false;
  const renew = async () => {
    if (fetching) return;
    fetching = true;
    while (shown < wanted) {
      shown = wanted;
      const answer = await fetch("model.json").catch(() => null);
      if (!answer?.ok) break;
      const model: ReportModel = await answer.json();
      const top = scrollY;
      render(model);
      scrollTo(0, top);
      await new Promise((resolve) => setTimeout(resolve, FETCH_MILLISECONDS));
    }
    fetching = false;
  };
  const source = new EventSource("events");
  const tell = (data: string): LiveState => {
    const state: LiveState = JSON.parse(data);
    bar.value = state.share;
    text.textContent = state.words;
    return state;
  };
  source.addEventListener("state", ({ data }) => {
    wanted = tell(data).version;
    renew();
  });
  source.addEventListener("end", ({ data }) => {
    source.close();
    tell(data);
    stop.hidden = true;
    bar.hidden = true;
  });
  source.addEventListener("error", () => {
    // The command went away without a word; the browser tries again, which its ending makes vain.
    text.textContent = "The connection to the command is lost.";
  });
}
