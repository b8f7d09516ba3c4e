import { useEffect, useRef } from "react";
import "@/lib/language";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { TuneLoss } from "@/lib/types";

/** smooth is a running mean of losses, which jump from example to example. */
export function smooth(losses: TuneLoss[]): number[] {
  const keep = 0.9;
  let sum = 0;
  let weight = 0;
  return losses.map(({ loss }) => {
    sum = keep * sum + (1 - keep) * loss;
    weight = keep * weight + (1 - keep);
    return sum / weight;
  });
}

const color = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const height = 220;

// There is no step between two.
const wholeSteps = [1, 10, 100, 1000, 10_000].flatMap((n) => [n, 2 * n, 5 * n]);

function options(width: number): uPlot.Options {
  const axis = { stroke: color("--quiet"), grid: { stroke: color("--line"), width: 1 }, ticks: { show: false }, font: "11px sans-serif" };
  return {
    width,
    height,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false }, y: { range: (_, low, high) => [Math.min(0, low), high * 1.05 || 1] } },
    axes: [
      { ...axis, size: 28, incrs: wholeSteps },
      { ...axis, size: 40 },
    ],
    series: [
      {},
      { stroke: color("--accent"), width: 2, points: { show: false } },
      { stroke: color("--warning"), width: 2, spanGaps: true, points: { show: true, size: 6, fill: color("--warning") } },
    ],
  };
}

/** Curves draws the loss of the training and that on the validation examples. */
export function Curves({ losses }: { losses: TuneLoss[] }) {
  const box = useRef<HTMLDivElement>(null);
  const data = useRef<uPlot.AlignedData>([[], [], []]);
  const plot = useRef<uPlot>(undefined);

  useEffect(() => {
    const { current: at } = box;
    if (!at) return;
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(options(at.clientWidth), data.current, at);
    };
    draw();
    dark.addEventListener("change", draw);
    const watch = new ResizeObserver(() => plot.current?.setSize({ width: at.clientWidth, height }));
    watch.observe(at);
    return () => {
      watch.disconnect();
      dark.removeEventListener("change", draw);
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, []);

  useEffect(() => {
    data.current = [losses.map((l) => l.step), smooth(losses), losses.map((l) => l.validation ?? null)];
    plot.current?.setData(data.current);
  }, [losses]);

  return (
    <figure>
      <div ref={box} role="img" aria-label={described(losses)} style={{ height }} />
      <figcaption className="flex gap-4 pt-1 pl-10 text-small text-quiet">
        <Key color="bg-accent" name="Loss while learning" />
        <Key color="bg-warning" name="Loss on validation pictures" />
      </figcaption>
    </figure>
  );
}

function Key({ color: look, name }: { color: string; name: string }) {
  return (
    <span className="flex items-center gap-1.5">
      <span aria-hidden className={`h-0.5 w-4 rounded ${look}`} />
      {name}
    </span>
  );
}

function described(losses: TuneLoss[]): string {
  const last = losses.at(-1);
  if (!last) return "Curves of the loss: no step yet";
  const checked = losses.findLast((l) => l.validation !== undefined);
  const validation = checked ? `, on validation pictures ${checked.validation?.toFixed(2)} at step ${checked.step}` : "";
  return `Curves of the loss: ${smooth(losses).at(-1)?.toFixed(2)} at step ${last.step}${validation}`;
}

const wide = 96;
const tall = 28;

/** Spark is a small curve for a list. */
export function Spark({ losses }: { losses: TuneLoss[] }) {
  const values = smooth(losses);
  const high = Math.max(...values, 1e-9);
  const points = values.map((v, i) => `${(i / Math.max(values.length - 1, 1)) * wide},${tall - 1 - (v / high) * (tall - 2)}`);
  return (
    <svg width={wide} height={tall} aria-hidden className="shrink-0 text-accent max-sm:hidden">
      <polyline points={points.join(" ")} fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round" />
    </svg>
  );
}
