import { Children, isValidElement, memo, type ReactElement, type ReactNode } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import rehypeSanitize from "rehype-sanitize";
import remarkGfm from "remark-gfm";
import { CodeBlock, GrowingContext } from "./code-block";
import { OutsideLink } from "./outside-link";

interface MarkdownProps {
  text: string;
  /** The text is still arriving. */
  growing?: boolean;
}

/** Markdown shows an answer. It runs no HTML of the answer, loads nothing, and opens nothing by itself. */
export const Markdown = memo(function Markdown({ text, growing = false }: MarkdownProps) {
  return (
    <div className="markdown selectable text-body">
      <GrowingContext value={growing}>
        <ReactMarkdown remarkPlugins={[remarkGfm]} rehypePlugins={[rehypeSanitize]} components={components}>
          {text}
        </ReactMarkdown>
      </GrowingContext>
    </div>
  );
});

// Made once: with new components at each token, React would build the answer anew.
const components: Components = {
  a: ({ href, children }) => <OutsideLink href={href}>{children}</OutsideLink>,
  // A picture of an answer would be loaded from the net, so its description stands for it.
  img: ({ alt }) => <span className="text-quiet">[picture{alt ? `: ${alt}` : ""}]</span>,
  input: ({ checked }) => <span>{checked ? "☑" : "☐"}</span>,
  pre: ({ children }) => <Code>{children}</Code>,
  table: ({ children }) => (
    <section className="table" aria-label="Table">
      <table>{children}</table>
    </section>
  ),
  // The headings of the page are its own.
  h1: ({ children }) => <p className="heading text-[17px]">{children}</p>,
  h2: ({ children }) => <p className="heading text-[15px]">{children}</p>,
  h3: ({ children }) => <p className="heading">{children}</p>,
  h4: ({ children }) => <p className="heading">{children}</p>,
  h5: ({ children }) => <p className="heading">{children}</p>,
  h6: ({ children }) => <p className="heading">{children}</p>,
};

function Code({ children }: { children?: ReactNode }) {
  const code = Children.toArray(children).find((child) => isValidElement(child)) as
    | ReactElement<{ className?: string; children?: ReactNode }>
    | undefined;
  const language = /language-(\S+)/.exec(code?.props.className ?? "")?.[1] ?? "";
  const text = String(code?.props.children ?? "").replace(/\n$/, "");
  return <CodeBlock code={text} language={language} />;
}
