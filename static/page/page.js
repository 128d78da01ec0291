// What the shop's page does with the chat, beside having it: `<flex-chat>` is all a page needs.

const chat = /** @type {any} */ (document.querySelector("flex-chat"));

document.querySelector("#ask")?.addEventListener("click", () => chat.show());
