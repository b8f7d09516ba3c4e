import { useQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/button";
import { ProblemNote } from "@/components/problem-note";
import { api, problemOf } from "@/lib/api";
import { searchKey } from "@/lib/keys";
import type { ModelOffer, Models } from "@/lib/types";
import { Section } from "@/screens/settings/rows";
import { OfferRow } from "./offer-row";
import { TokenForm } from "./token-form";

interface HubSearchProps {
  models: Models;
  busy: (id: string) => boolean;
  onDownload: (offer: ModelOffer) => void;
}

/** HubSearch finds models of the hub by their names. The hub hears of it only once the person searches. */
export function HubSearch({ models: { hub, memory_bytes, here, token }, busy, onDownload }: HubSearchProps) {
  const [words, setWords] = useState("");
  const [asked, setAsked] = useState("");
  const { data, error, isFetching } = useQuery({
    queryKey: searchKey(asked),
    queryFn: () => api.searchModels(asked),
    enabled: asked !== "",
    retry: false,
    staleTime: Infinity,
  });
  const have = new Set(here.map((model) => model.id));
  return (
    <Section title="Find more">
      <form
        role="search"
        aria-label="Models of the hub"
        className="px-3.5 py-2.5"
        onSubmit={(event) => {
          event.preventDefault();
          setAsked(words.trim());
        }}
      >
        <div className="flex gap-2">
          <input
            type="search"
            aria-label="Name of a model"
            placeholder="Part of a name, such as qwen2-vl 4bit"
            value={words}
            maxLength={200}
            onChange={(event) => setWords(event.target.value)}
            className="selectable h-7 min-w-0 grow rounded-md bg-fill px-2.5"
          />
          <Button type="submit" disabled={!hub || !words.trim() || isFetching}>
            <Search className="size-3.5" aria-hidden />
            {isFetching ? "Searching…" : "Search"}
          </Button>
        </div>
        <p role="status" className="mt-1.5 text-quiet">
          {!hub && "The network is forbidden by HF_HUB_OFFLINE."}
          {hub && (asked && data && !isFetching ? found(data.length, asked) : `Searching, details and downloads ask ${hub}. Nothing else does.`)}
        </p>
      </form>
      {error && (
        <div className="p-2.5">
          <ProblemNote problem={problemOf(error)} />
        </div>
      )}
      {data?.map((offer) => (
        <OfferRow
          key={offer.id}
          offer={{ ...offer, here: have.has(offer.id) }}
          memory={memory_bytes}
          hub={hub}
          busy={busy(offer.id)}
          onDownload={() => onDownload(offer)}
        />
      ))}
      <TokenForm hub={hub} set={token} />
    </Section>
  );
}

const found = (n: number, words: string) => (n === 0 ? `No model’s name has “${words}”.` : `${n === 1 ? "1 model" : `${n} models`}, most downloaded first.`);
