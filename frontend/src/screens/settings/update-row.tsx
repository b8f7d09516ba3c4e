import { useMutation } from "@tanstack/react-query";
import { Button } from "@/components/button";
import { OutsideLink } from "@/components/outside-link";
import { api, problemOf } from "@/lib/api";
import type { Settings, Update } from "@/lib/types";
import { Row } from "./rows";

/** UpdateRow is the version, and asks for a newer one when the person does. */
export function UpdateRow({ settings }: { settings: Settings }) {
  const check = useMutation({ mutationFn: api.checkUpdate });
  const said = check.data ? <Says update={check.data} /> : check.error ? problemOf(check.error).sentence : undefined;
  return (
    <Row label={`Sightglass ${settings.version}`} hint={<span role="status">{said ?? "Looks for a newer version only when you ask."}</span>}>
      {settings.updates && (
        <Button disabled={check.isPending} onClick={() => check.mutate()}>
          {check.isPending ? "Checking…" : "Check for Updates"}
        </Button>
      )}
    </Row>
  );
}

function Says({ update }: { update: Update }) {
  if (!update.newer) return "This is the newest version.";
  return (
    <>
      Version {update.latest} is there. {update.page && <OutsideLink href={update.page}>See what is new</OutsideLink>}
    </>
  );
}
