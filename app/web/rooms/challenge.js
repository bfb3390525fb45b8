// Challenge: who brings a metric furthest within a budget of steps. The card for members and presenter,
// and the form that begins one.

import { significant, whole } from "../draw/numbers.js";
import { button, field, folding, make, people, refill } from "./parts.js";

/** The form; began(message) is called with the message to send. metrics: names that the run has. */
export function challengeForm(began, metrics) {
  const title = make("input", {
    type: "text",
    maxLength: 200,
    required: true,
    placeholder: "Lowest test error of VAT",
  });
  const metric = make("select");
  for (const name of metrics) metric.append(make("option", { value: name }, name));
  const lower = make(
    "select",
    {},
    make("option", { value: "1" }, "low is good"),
    make("option", { value: "" }, "high is good"),
  );
  const steps = make("input", { type: "number", min: 1, max: 100_000, value: 500, required: true });
  const form = make(
    "form",
    { class: "question", "aria-label": "Begin a challenge" },
    field("What to reach", title),
    field("Metric", metric),
    field("Which way", lower),
    field("Steps that everybody has", steps),
    make(
      "p",
      { class: "none" },
      "Everybody begins where your run is now. The server measures what counts, for all with the knobs that your run has now.",
    ),
    make("button", { type: "submit", class: "main" }, "Begin the challenge"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const message = {
      title: title.value,
      metric: metric.value,
      lower: Boolean(lower.value),
      steps: Number(steps.value),
    };
    began({ type: "challenge", ...message });
  });
  return form;
}

export class ChallengeCard {
  /** line: of the room. */
  constructor(line) {
    this.line = line;
    this.element = make("section", { class: "card challenge", hidden: true, "aria-label": "Challenge" });
  }

  update() {
    const { room, mine } = this.line;
    const challenge = room?.challenge;
    const key = challenge ? JSON.stringify([challenge, mine?.challenged, mine?.result]) : "";
    if (key === this.key) return;
    this.key = key;
    if (challenge?.id !== this.id) this.named = null;
    this.id = challenge?.id;
    this.element.hidden = !challenge;
    if (!challenge) return;
    const { title, metric, lower, steps, ended, handed } = challenge;
    const rule = `${lower ? "Lowest" : "Highest"} ${metric} within ${whole(steps)} steps of step ${whole(challenge.from)}.`;
    refill(
      this.element,
      folding(this.element, title),
      make("p", {}, `${rule} ${people(handed)} handed in.${ended ? " It is over." : ""}`),
      ...(this.line.presents ? this.presented(challenge) : this.member(challenge, mine)),
      this.board(challenge),
    );
  }

  member({ ended }, { challenged, result, name }) {
    const said = result ? `Your best: ${significant(result.value)} in ${whole(result.steps)} steps.` : "";
    if (ended) return [make("p", { role: "status" }, said)];
    const part = button(challenged ? "Begin again" : "Take part", () => this.line.send({ type: "join-challenge" }), {
      class: challenged ? "" : "main",
    });
    if (!challenged) return [make("div", { class: "row" }, part)];
    const named = make("input", { type: "checkbox", checked: this.named ?? result?.named ?? false });
    named.addEventListener("change", () => (this.named = named.checked)); // it stays while others hand in
    const consent = make("label", {}, named, `show me as ${name} on the board`);
    const hand = button("Hand in", () => this.line.send({ type: "handin", named: named.checked }), { class: "main" });
    return [make("p", { role: "status" }, said), make("div", { class: "row" }, hand, consent, part)];
  }

  presented({ ended }) {
    const text = ended ? "Take the board away" : "End the challenge";
    return [
      make(
        "div",
        { class: "row" },
        button(text, () => this.line.send({ type: "endchallenge" })),
      ),
    ];
  }

  board({ board }) {
    if (!board.length) return make("p", { class: "none" }, "Nobody is on the board yet.");
    const row = ({ rank, name, value, steps }) =>
      make(
        "tr",
        {},
        make("td", {}, String(rank)),
        make("td", {}, name),
        make("td", {}, significant(value)),
        make("td", {}, whole(steps)),
      );
    const head = make("tr", {}, ...["", "name", "value", "steps"].map((text) => make("th", { scope: "col" }, text)));
    return make("table", { class: "board" }, make("thead", {}, head), make("tbody", {}, ...board.map(row)));
  }
}
