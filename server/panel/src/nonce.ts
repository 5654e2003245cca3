/** The nonce that lets this page, and no other, bring styles of its own; written into the page by the server. */
export const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";

// What locks the page's scrolling behind a dialog reads it here.
Object.assign(globalThis, { __webpack_nonce__: nonce });
