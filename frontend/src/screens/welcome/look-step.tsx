import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Check } from "lucide-react";
import { Button } from "@/components/button";
import { sayProblem } from "@/components/say-problem";
import { api } from "@/lib/api";
import { settingsKey } from "@/lib/keys";
import type { Access } from "@/lib/types";
import { Row } from "@/screens/settings/rows";

/** LookStep is whether the app may look at the screen, and the next step to that. */
export function LookStep({ access }: { access: Access | undefined }) {
  const cache = useQueryClient();
  const step = useMutation({
    mutationFn: api.panelStep,
    onSuccess: () => cache.invalidateQueries({ queryKey: settingsKey }),
    onError: sayProblem,
  });
  if (!access) {
    return (
      <Row label="Looking at the screen" hint="Sightglass may take pictures of the screen, when you ask it to.">
        <Check className="size-4 text-accent" role="img" aria-label="Allowed" />
      </Row>
    );
  }
  return (
    <Row label="Looking at the screen" hint={access.sentence}>
      <div className="flex flex-col gap-1.5">
        {access.steps.map(({ do: name, label }) => (
          <Button key={name} onClick={() => step.mutate(name)}>
            {label}
          </Button>
        ))}
      </div>
    </Row>
  );
}
