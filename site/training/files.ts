import { one } from "../dom.js";

const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes("Files") ?? false;

/** Of files that are chosen, or dropped anywhere on the page, the first: one that missed its place would replace the page. */
export function acceptFiles(take: (file: File) => void): void {
  const [zone, input] = [one("#drop", HTMLElement), one("#file", HTMLInputElement)];
  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    if (file) take(file);
    input.value = ""; // so that the same file, mended, is taken again
  });
  for (const kind of ["dragenter", "dragover"] as const) {
    addEventListener(kind, (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      zone.classList.add("over");
    });
  }
  addEventListener("dragleave", ({ relatedTarget }) => {
    if (relatedTarget === null) zone.classList.remove("over"); // the page was left, not a part of it
  });
  addEventListener("drop", (event) => {
    zone.classList.remove("over");
    if (!hasFiles(event)) return;
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (file) take(file);
  });
}
