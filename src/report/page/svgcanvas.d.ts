// The package brings no types; of it the page needs a canvas that writes an SVG.

declare module "svgcanvas" {
  export class Element {
    constructor(options: { width: number; height: number });
    readonly svg: SVGSVGElement;
    getContext(kind: "2d"): CanvasRenderingContext2D;
  }
}
