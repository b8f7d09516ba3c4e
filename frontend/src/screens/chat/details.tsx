import { ChevronRight } from "lucide-react";
import { Collapsible } from "radix-ui";
import { count, duration, rate, size } from "@/lib/amounts";
import type { Picture, Seen, Stats } from "@/lib/types";

/** Details is a disclosure of how fast an answer came and what the model saw of each picture. */
export function Details({ stats, pictures }: { stats: Stats; pictures: Picture[] }) {
  return (
    <Collapsible.Root className="contents">
      <Collapsible.Trigger className="group/details flex h-6 items-center gap-1 rounded-md px-1.5 text-small text-quiet tabular-nums hover:bg-fill hover:text-ink">
        {summary(stats)}
        <ChevronRight className="size-3 transition-transform group-data-[state=open]/details:rotate-90" aria-hidden />
      </Collapsible.Trigger>
      <Collapsible.Content className="w-full">
        <dl className="selectable mt-1 ml-1.5 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 rounded-lg bg-fill px-3 py-2.5 text-small tabular-nums [&_dt]:text-quiet">
          {pictures.map((picture, i) => (
            <Row key={`${picture.id} ${i}`} name={picture.name || `Picture ${i + 1}`}>
              {size(picture)}
              {picture.seen && `, seen as ${seen(picture.seen)}`}
            </Row>
          ))}
          <Row name="First token">
            {duration(stats.first_token_ms)}
            {pictures.length > 0 && stats.vision_ms >= 1 && `, ${duration(stats.vision_ms)} of it for the pictures`}
          </Row>
          <Row name="Prompt">
            {count(stats.prompt_tokens, "token")}
            {stats.prefill_ms >= 1 && `, read in ${duration(stats.prefill_ms)}`}
          </Row>
          <Row name="Answer">
            {count(stats.tokens, "token")}
            {stats.decode_tokens_per_s > 0 && `, ${rate(stats.decode_tokens_per_s)}`}
          </Row>
        </dl>
      </Collapsible.Content>
    </Collapsible.Root>
  );
}

function Row({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <>
      <dt className="max-w-40 truncate">{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function summary({ first_token_ms, decode_tokens_per_s }: Stats): string {
  const first = `${duration(first_token_ms)} to first token`;
  return decode_tokens_per_s > 0 ? `${first} · ${rate(decode_tokens_per_s)}` : first;
}

function seen(picture: Seen): string {
  const tiles = picture.rows > 0 ? `${picture.rows} × ${picture.cols} tiles` : "one piece";
  return `${size(picture)} in ${tiles}, ${count(picture.tokens, "token")}`;
}
