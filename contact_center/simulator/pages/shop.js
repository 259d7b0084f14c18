// Buttons that open the chat: the widget's own call, as any site may make it.
for (const button of document.querySelectorAll("[data-chat]")) {
  button.addEventListener("click", () => window.cc?.open());
}
