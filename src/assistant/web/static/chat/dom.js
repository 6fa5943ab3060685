// @ts-check
/** Elements without markup: text goes in as text, so nothing anybody wrote can become HTML. */

/**
 * @param {string} tag
 * @param {Record<string, string | boolean | ((event: Event) => void) | undefined>} [properties]
 *   `class`, `text`, `on…` listeners; everything else becomes an attribute.
 * @param {(Node | string | null | undefined)[]} children
 * @returns {HTMLElement}
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (typeof value === "function") made.addEventListener(name.slice(2), value);
    else if (name === "text") made.textContent = String(value);
    else if (name === "class") made.className = String(value);
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child != null) made.append(child);
  return made;
}

/**
 * @param {string} label
 * @param {() => void} onclick
 * @param {string} [look]
 * @returns {HTMLButtonElement}
 */
export function button(label, onclick, look = "outlined") {
  const made = element("button", { type: "button", class: look, text: label, onclick });
  return /** @type {HTMLButtonElement} */ (made);
}

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @returns {T}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return /** @type {T} */ (found);
}

/** @param {string} name @returns {string} "support_cases" as "support cases" */
export function words(name) {
  return name.replaceAll("_", " ");
}
