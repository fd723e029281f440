import { z } from "zod";
import "./style.css";
import { startLeastSquares } from "./least-squares/panel.js";
import { startTrainingPanel } from "./training/panel.js";

// Its faster way to check is to write code, which the page's policy does not allow.
z.config({ jitless: true });

startTrainingPanel();
startLeastSquares();

if (import.meta.env.PROD && "serviceWorker" in navigator) {
  // Without it the page is the same, but for lacking a copy where there is no network.
  navigator.serviceWorker
    .register("service-worker.js")
    .catch((error) => console.info(`no offline copy: ${error}`));
}
