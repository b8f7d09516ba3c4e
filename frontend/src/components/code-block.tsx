import { createContext, useContext, useEffect, useState } from "react";
import type { ThemedToken } from "shiki/core";
import { highlight } from "@/lib/highlighter";
import { CopyButton } from "./copy-button";

interface CodeBlockProps {
  code: string;
  language: string;
}

/** GrowingContext says that the text around is still arriving. */
export const GrowingContext = createContext(false);

// While a text grows, code that has not changed for this long is taken for whole.
const settledMS = 150;

/** CodeBlock is code of an answer, with its language and a button that copies it. */
export function CodeBlock({ code, language }: CodeBlockProps) {
  const lines = useHighlighted(code, language);
  return (
    <figure className="my-3 overflow-hidden rounded-lg border border-line bg-fill first:mt-0 last:mb-0">
      <figcaption className="flex h-8 items-center justify-between border-b border-line pr-1 pl-3 text-small text-quiet">
        <span>{language || "text"}</span>
        <CopyButton text={code} label="Copy code" />
      </figcaption>
      {/* The focus lets the arrow keys scroll a long line into view. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0} className="overflow-x-auto p-3 font-mono text-[12.5px] leading-[19px] -outline-offset-2">
        <code>
          {lines
            ? lines.map((line, i) => (
                <span key={i}>
                  {line.map((token, j) => (
                    <span key={j} style={token.htmlStyle} className="token">
                      {token.content}
                    </span>
                  ))}
                  {i < lines.length - 1 && "\n"}
                </span>
              ))
            : code}
        </code>
      </pre>
    </figure>
  );
}

// Growing code is plain, in the same size, and gets its colours once it is whole.
function useHighlighted(code: string, language: string): ThemedToken[][] | undefined {
  const growing = useContext(GrowingContext);
  const [done, setDone] = useState<{ code: string; lines?: ThemedToken[][] }>();
  useEffect(() => {
    let current = true;
    const start = () =>
      highlight(code, language.toLowerCase()).then(
        (lines) => current && setDone({ code, lines }),
        // Colour is a comfort: code that cannot be coloured stays plain.
        () => {},
      );
    const timer = setTimeout(() => void start(), growing ? settledMS : 0);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [code, language, growing]);
  return done?.code === code ? done.lines : undefined;
}
