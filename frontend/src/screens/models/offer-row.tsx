import { useQuery } from "@tanstack/react-query";
import { ChevronRight, Download } from "lucide-react";
import { Collapsible } from "radix-ui";
import { useState } from "react";
import { Button } from "@/components/button";
import { bytes } from "@/lib/amounts";
import { api, inWords, problemOf } from "@/lib/api";
import { offerKey } from "@/lib/keys";
import type { ModelOffer } from "@/lib/types";
import { fitWords, offerFacts } from "./facts";

interface OfferRowProps {
  offer: ModelOffer;
  /** The memory of this machine. */
  memory: number;
  /** Whom the details are asked of; "" for nobody. */
  hub: string;
  /** It is on its way. */
  busy: boolean;
  onDownload: () => void;
}

/** OfferRow is a model of the hub, and the way to get it. */
export function OfferRow({ offer, memory, hub, busy, onDownload }: OfferRowProps) {
  const [open, setOpen] = useState(false);
  const fit = fitWords(offer.fit, offer.memory_bytes ?? 0, memory);
  return (
    <Collapsible.Root open={open} onOpenChange={setOpen} className="px-3.5 py-2.5">
      <div className="flex items-center gap-3 max-sm:flex-wrap">
        <div className="min-w-0 grow max-sm:basis-full">
          <h3 className="selectable truncate font-medium">{offer.id}</h3>
          {offer.says && <p>{offer.says}</p>}
          <p className="text-quiet">
            {offerFacts(offer)}
            {fit && (
              <>
                {offerFacts(offer) && " · "}
                <span className={fit.colour} title={fit.says}>
                  {fit.word}
                </span>
              </>
            )}
          </p>
        </div>
        <Collapsible.Trigger
          className="group flex h-7 shrink-0 items-center gap-1 rounded-md px-2 text-quiet hover:bg-fill disabled:opacity-45"
          aria-label={`Details of ${offer.id}`}
          title={hub && `Asks ${hub}`}
          disabled={!hub}
        >
          <ChevronRight className="size-3.5 transition-transform group-data-[state=open]:rotate-90" aria-hidden />
          Details
        </Collapsible.Trigger>
        {offer.here ? (
          <span className="w-28 text-center text-quiet">On this machine</span>
        ) : (
          <Button className="w-28" aria-label={`Download ${offer.id}`} disabled={busy || !hub || offer.unknown} onClick={onDownload}>
            <Download className="size-3.5" aria-hidden />
            {busy ? "On its way" : "Download"}
          </Button>
        )}
      </div>
      <Collapsible.Content>{open && <Details id={offer.id} memory={memory} />}</Collapsible.Content>
    </Collapsible.Root>
  );
}

/** Details asks the hub what the repository holds. */
function Details({ id, memory }: { id: string; memory: number }) {
  const { data, error, isPending } = useQuery({ queryKey: offerKey(id), queryFn: () => api.modelOffer(id), retry: false, staleTime: Infinity });
  if (isPending) return <p className="mt-1 text-quiet">Asking the hub…</p>;
  if (error) {
    return (
      <p role="alert" className="selectable mt-1 text-danger">
        {inWords(problemOf(error))}
      </p>
    );
  }
  const fit = fitWords(data.fit, data.memory_bytes ?? 0, memory);
  return (
    <p role="status" className="selectable mt-1 text-quiet">
      {[
        data.vision ? "Reads text and pictures." : "Reads text only.",
        `${bytes(data.bytes ?? 0)} to download.`,
        fit && `${fit.word}: ${fit.says}`,
        `Architecture ${data.architecture}.`,
      ]
        .filter(Boolean)
        .join(" ")}
    </p>
  );
}
