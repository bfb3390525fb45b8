// Sentence button: a row that holds a sentence, in its data-source. A click tells "say" {text} that
// sentence.

export function sentenceButton(stage, html) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "row";
  button.title = "Take this sentence";
  button.innerHTML = html;
  button.addEventListener("click", () => stage.tell("say", { text: button.dataset.source }));
  return button;
}
