import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { RadioGroup } from "radix-ui";
import { useState } from "react";
import { Button } from "@/components/button";
import { ProblemNote } from "@/components/problem-note";
import { useModel } from "@/frame/use-model";
import { count, duration } from "@/lib/amounts";
import { api, problemOf } from "@/lib/api";
import { tuningKey } from "@/lib/keys";
import type { TuneEstimate, TunePreset, TuneSettings } from "@/lib/types";
import { SettingsFields } from "./settings-fields";
import { Heading, Steps } from "./steps";
import { useTuneData, useTuning } from "./use-tuning";

/** GoalScreen is step 2: what the model should learn to do, and what that takes. */
export function GoalScreen() {
  const { data: tuning } = useTuning();
  const { data } = useTuneData();
  const { model } = useModel();
  const navigate = useNavigate();
  const back = () => void navigate({ to: "/tune/pictures" });
  return (
    <Steps current="Goal" open={{ Pictures: back }}>
      <Heading title="Choose a goal">
        {model?.name ?? "The model"} learns from {data ? `“${data.name}”` : "your pictures"}. What it learns is kept beside it as an adapter; the
        model itself stays as it is.
      </Heading>
      {tuning && <Goal key={data?.name} presets={tuning.presets} suggested={data?.name ?? ""} />}
    </Steps>
  );
}

function Goal({ presets, suggested }: { presets: TunePreset[]; suggested: string }) {
  const first = presets[0];
  const [chosen, setChosen] = useState(first?.name ?? "");
  const [settings, setSettings] = useState<TuneSettings | undefined>(first?.settings);
  const [name, setName] = useState(suggested);
  const navigate = useNavigate();
  const cache = useQueryClient();
  const estimate = useMutation({ mutationFn: api.estimateTune });
  const start = useMutation({
    mutationFn: api.startRun,
    onSuccess: (run) => {
      void cache.invalidateQueries({ queryKey: tuningKey });
      return navigate({ to: "/tune/runs/$run/train", params: { run: run.name } });
    },
  });
  if (!settings) return null;
  const change = (to: TuneSettings) => {
    setSettings(to);
    estimate.reset();
  };
  return (
    <form
      className="flex flex-col gap-5"
      onSubmit={(event) => {
        event.preventDefault();
        start.mutate({ name: name.trim(), settings });
      }}
    >
      <RadioGroup.Root
        aria-label="Goal"
        value={chosen}
        onValueChange={(to) => {
          setChosen(to);
          const preset = presets.find((p) => p.name === to);
          if (preset) change(preset.settings);
        }}
        className="grid grid-cols-3 gap-2 max-sm:grid-cols-1"
      >
        {presets.map((preset) => (
          <RadioGroup.Item
            key={preset.name}
            value={preset.name}
            className="flex flex-col rounded-lg bg-fill p-3 text-left ring-accent hover:bg-fill-strong data-[state=checked]:ring-2"
          >
            <span className="font-semibold">{preset.name}</span>
            <span className="mt-0.5 text-quiet">{preset.says}</span>
          </RadioGroup.Item>
        ))}
      </RadioGroup.Root>
      <SettingsFields settings={settings} onChange={change} />
      <label className="flex max-w-sm flex-col gap-1">
        <span className="font-medium">Name of the training</span>
        <input
          value={name}
          maxLength={100}
          onChange={(event) => setName(event.target.value)}
          className="selectable h-7 rounded-md bg-fill px-2.5"
        />
      </label>
      <div aria-live="polite">
        {estimate.isError && <ProblemNote problem={problemOf(estimate.error)} />}
        {start.isError && <ProblemNote problem={problemOf(start.error)} />}
        {estimate.isPending && <p className="text-quiet">Trying a few examples …</p>}
        {estimate.data && <Taken estimate={estimate.data} />}
      </div>
      <div className="flex gap-2">
        <Button disabled={estimate.isPending} onClick={() => estimate.mutate(settings)}>
          Estimate time and memory
        </Button>
        <Button look="accent" type="submit" disabled={start.isPending || estimate.isPending || !name.trim()}>
          Start training
        </Button>
      </div>
    </form>
  );
}

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;

function Taken({ estimate: e }: { estimate: TuneEstimate }) {
  const facts: [string, string][] = [
    ["Time", `about ${duration(e.seconds * 1000)}`],
    ["Memory", gigabytes(e.memory_bytes) + (e.free_bytes ? ` of ${gigabytes(e.free_bytes)} free` : "")],
    ["Steps", e.steps.toLocaleString("en")],
    ["Examples", `${count(e.learn, "example")} to learn from, ${e.check} to check with`],
  ];
  return (
    <dl className="flex flex-wrap gap-x-8 gap-y-2 rounded-lg bg-fill px-4 py-3">
      {facts.map(([term, fact]) => (
        <div key={term}>
          <dt className="text-small text-quiet">{term}</dt>
          <dd className="font-medium">{fact}</dd>
        </div>
      ))}
    </dl>
  );
}
