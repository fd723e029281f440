import { one } from "../dom.js";

/** Of files that are chosen or dropped, the first. */
export function acceptFiles(take: (file: File) => void): void {
  const [zone, input] = [one("#drop", HTMLElement), one("#file", HTMLInputElement)];
  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    if (file) take(file);
    input.value = ""; // so that the same file, mended, is taken again
  });
  for (const kind of ["dragenter", "dragover"] as const) {
    zone.addEventListener(kind, (event) => {
      event.preventDefault();
      zone.classList.add("over");
    });
  }
  for (const kind of ["dragleave", "drop"] as const) {
    zone.addEventListener(kind, () => zone.classList.remove("over"));
  }
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (file) take(file);
  });
}
