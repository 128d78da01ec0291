/** Gives the visitor what was said, as a text file of today. @param {string} text */
export function download(text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  link.download = `chat-${new Date().toLocaleDateString("sv")}.txt`;
  link.click();
  // The browser has begun to read it by then; without this the text would stay in memory as long as the page.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
