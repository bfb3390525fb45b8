// Question: the form by which a presenter asks for a prediction.

import { button, field, make } from "./parts.js";

const KINDS = { choice: "a choice", number: "a number", boundary: "a drawn boundary" };

/** The form; asked(message) is called with the message to send. panels: [{name, title}] of planes on
 * which a boundary can be drawn; without any there is no such question. */
export function questionForm(asked, panels = []) {
  const kind = make("select");
  for (const [value, text] of Object.entries(KINDS))
    if (value !== "boundary" || panels.length) kind.append(make("option", { value }, text));
  const question = make("input", { type: "text", maxLength: 200, required: true, placeholder: "Which network wins?" });
  const options = make("textarea", { rows: 3, placeholder: "VAT\nMLE\nneither" });
  const panel = make("select");
  for (const { name, title } of panels) panel.append(make("option", { value: name }, title));
  const forOptions = field("Options, one a line", options);
  const forPanel = field("Drawn on", panel);
  const error = make("p", { class: "wrong", role: "alert", hidden: true });
  const sift = () => {
    forOptions.hidden = kind.value !== "choice";
    forPanel.hidden = kind.value !== "boundary" || panels.length < 2;
  };
  kind.addEventListener("change", sift);
  sift();
  const form = make(
    "form",
    { class: "question", "aria-label": "Ask for a prediction" },
    field("Question", question),
    field("Answered by", kind),
    forOptions,
    forPanel,
    error,
    make("button", { type: "submit", class: "main" }, "Ask everybody"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const lines = options.value
      .split("\n")
      .map((l) => l.trim())
      .filter(Boolean);
    const few = kind.value === "choice" && (lines.length < 2 || lines.length > 6);
    error.hidden = !few;
    error.textContent = few ? "Give two to six options, one a line." : "";
    if (few) return;
    asked({ type: "ask", kind: kind.value, question: question.value, options: lines, panel: panel.value });
  });
  return form;
}
