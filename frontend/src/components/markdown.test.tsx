import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Markdown } from "./markdown";

afterEach(() => vi.restoreAllMocks());

describe("Markdown", () => {
  it("runs no HTML of an answer and loads nothing", () => {
    const hostile = '<script>alert(1)</script><img src="https://x.example/a"> <iframe src="//x"></iframe>\n\n![a cat](https://x.example/b.png)';
    const { container } = render(<Markdown text={hostile} />);
    expect(container.querySelector("script, img, iframe, object, link, style")).toBeNull();
    expect(container.textContent).toContain("[picture: a cat]");
  });

  it("makes plain text of a link that leads anywhere but to a web page", () => {
    const { container } = render(<Markdown text={"[a](javascript:alert(1)) [b](file:///etc/passwd) [c](/api/chats)"} />);
    expect(container.querySelector("a")).toBeNull();
    expect(container.textContent).toBe("a b c");
  });

  it("shows a link's address and asks before it opens it", async () => {
    const open = vi.spyOn(window, "open").mockReturnValue(null);
    render(<Markdown text="[your bank](https://evil.example/login)" />);
    await userEvent.click(screen.getByRole("link", { name: "your bank" }));
    expect(open).not.toHaveBeenCalled();
    expect(screen.getByRole("alertdialog").textContent).toContain("https://evil.example/login");
    await userEvent.click(screen.getByRole("button", { name: "Open" }));
    expect(open).toHaveBeenCalledWith("https://evil.example/login", "_blank", "noopener,noreferrer");
  });

  it("colours code of a known language and copies it whole", async () => {
    const user = userEvent.setup();
    const code = 'func main() {\n\tprintln("hi")\n}';
    const { container } = render(<Markdown text={"```go\n" + code + "\n```"} />);
    await vi.waitFor(() => expect(container.querySelectorAll("pre .token").length).toBeGreaterThan(3), 10_000);
    expect(container.querySelector("pre")?.textContent).toBe(code);
    await user.click(screen.getByRole("button", { name: "Copy code" }));
    expect(await navigator.clipboard.readText()).toBe(code);
  });

  it("shows code of a language it does not know as it is", () => {
    const { container } = render(<Markdown text={"```constructor\n<b>&amp;\n```"} />);
    expect(container.querySelector("pre")?.textContent).toBe("<b>&amp;");
  });
});
