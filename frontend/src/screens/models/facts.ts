import { bytes, count } from "@/lib/amounts";
import { FitNot, FitTight, FitWell, type LocalModel, type ModelOffer } from "@/lib/types";

/** facts is what a model can do and how large it is, in a line. */
export function facts(model: LocalModel): string {
  return [
    model.vision ? "Reads text and pictures" : "Reads text only",
    [model.parameters && parameters(model.parameters), model.stored?.replace(/ in groups of \d+$/, "")].filter(Boolean).join(", "),
    bytes(model.bytes),
  ]
    .filter(Boolean)
    .join(" · ");
}

/** offerFacts is what is known of a model of the hub, in a line. */
export function offerFacts({ bytes: size, downloads, gated, unknown }: ModelOffer): string {
  return [
    unknown && "Of a family that Sightglass does not know",
    size && `about ${bytes(size)}`,
    downloads && count(downloads, "download"),
    gated && "wants a token",
  ]
    .filter(Boolean)
    .join(" · ");
}

/** parameters is a number of them as models are called: "256 M", "2.2 B". */
export function parameters(n: number): string {
  if (n < 1e6) return `${Math.round(n / 1e3)} K parameters`;
  return `${n < 1e9 ? `${Math.round(n / 1e6)} M` : `${(n / 1e9).toFixed(1).replace(/\.0$/, "")} B`} parameters`;
}

/** fitWords says how a model's memory stands to that of this machine, and in which colour. */
export function fitWords(fit: LocalModel["fit"], takes: number, has: number): { word: string; says: string; colour: string } | undefined {
  const says = `Takes about ${bytes(takes)} of ${bytes(has)} of memory.`;
  switch (fit) {
    case FitWell:
      return { word: "Fits", says, colour: "text-good" };
    case FitTight:
      return { word: "Tight", says: `${says} Other programs will have little.`, colour: "text-warning" };
    case FitNot:
      return { word: "Too big", says, colour: "text-danger" };
    default:
      return undefined;
  }
}
