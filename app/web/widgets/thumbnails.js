// Thumbnails: the photographs that ship, to choose one by a click. data: {pictures: [{name, label,
// source}], chosen}

export function mount({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".saddle-thumbnails");
  root.replaceChildren(
    ...data.pictures.map(({ name, label, source }) => {
      const button = Object.assign(document.createElement("button"), { type: "button", title: label });
      const image = document.createElement("img");
      Object.assign(image, { src: source, alt: label, draggable: false });
      button.setAttribute("aria-pressed", String(name === data.chosen));
      button.append(image);
      button.addEventListener("click", () => setTriggerValue("picked", name));
      return button;
    }),
  );
}
