/** Puts a text on the clipboard, also where a page came by plain HTTP and browsers give it none. */

/** Copy a text. Throws an Error that says so where the browser does not let it. */
export async function copy(text: string): Promise<void> {
  if (navigator.clipboard as Clipboard | undefined) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  const around = document.querySelector("dialog[open]") ?? document.body; // outside of it nothing can be selected
  const before = document.activeElement;
  around.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  if (before instanceof HTMLElement) before.focus();
  if (!copied) throw new Error("The browser lets this page copy nothing; select the text instead.");
}
