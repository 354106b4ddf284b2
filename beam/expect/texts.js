// Tells which of the wanted texts the page shows: rendered text (innerText), also
// of open shadow roots and of frames of the page's own origin, also what is
// scrolled out of view. Returns {found: [bool...], text: the text's beginning}.
(wanted) => {
  const parts = [];
  const collect = (root) => {
    for (const e of root.nodeType === Node.DOCUMENT_NODE ? [root.body] : root.children)
      if (e && !['STYLE', 'SCRIPT', 'TEMPLATE'].includes(e.tagName) && e.checkVisibility()) parts.push(e.innerText || '');
    for (const e of root.querySelectorAll('*')) {
      if (e.shadowRoot) collect(e.shadowRoot);
      if (e.localName === 'iframe' && e.contentDocument && e.checkVisibility()) collect(e.contentDocument);
    }
  };
  collect(document);
  // An accented letter can be one character or two (Unicode Annex 15): both are the same to who reads it.
  const text = parts.join('\n').replace(/\s+/g, ' ').trim().normalize('NFC');
  return { found: wanted.map((w) => text.includes(w.normalize('NFC'))), text: text.slice(0, 400) };
}
