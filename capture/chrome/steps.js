// Finds the element of a step, and says how far it is from being usable. It is
// called with {selector | text, kind, phase, value} and returns {ok, none, bad, why, x,
// y, kind}: bad can't become good by waiting, why may; none where nothing to be seen fits.
// Coordinates are those of the viewport of the frame that it runs in, in CSS pixels.
(want) => {
  // What a document and a form have of themselves, also where the page has an element
  // of that name in them, such as an input called children (HTML, 3.1.7 and 4.10.3).
  const own = (node, name) => {
    const form = Reflect.get(Node.prototype, 'nodeType', node) === Node.ELEMENT_NODE && Reflect.get(Element.prototype, 'localName', node) === 'form';
    if (form) return Reflect.get(HTMLFormElement.prototype, name, node);
    return Reflect.get(Node.prototype, 'nodeType', node) === Node.DOCUMENT_NODE ? Reflect.get(Document.prototype, name, node) : node[name];
  };
  const select = (root, selector) => own(root, 'querySelectorAll').call(root, selector);

  const roots = [];
  const collect = (root) => {
    roots.push(root);
    for (const e of select(root, '*')) {
      const shadow = own(e, 'shadowRoot');
      if (shadow) collect(shadow);
      if (own(e, 'localName') === 'iframe' && e.contentDocument) collect(e.contentDocument);
    }
  };
  collect(document);

  const squeeze = (s) => (s || '').replace(/\s+/g, ' ').trim();
  // The innermost elements that show the text.
  const holders = (e) => {
    if (!squeeze(own(e, 'innerText')).includes(want.text)) return [];
    const inner = [...own(e, 'children')].flatMap(holders);
    return inner.length ? inner : [e];
  };
  const visible = (e) => {
    const r = own(e, 'getBoundingClientRect').call(e);
    return r.width > 0 && r.height > 0 && own(e, 'checkVisibility').call(e, { visibilityProperty: true });
  };
  const describe = (e) => {
    const attribute = (name) => own(e, 'getAttribute').call(e, name);
    const id = attribute('id') ? ` id="${attribute('id')}"` : '';
    const names = attribute('class') ? ` class="${attribute('class')}"` : '';
    return `<${own(e, 'localName')}${id}${names}>`.slice(0, 80);
  };

  let found;
  try {
    found = roots.flatMap((root) => want.text === undefined
      ? [...select(root, want.selector)]
      : own(root, 'nodeType') === Node.DOCUMENT_NODE ? (own(root, 'body') ? holders(own(root, 'body')) : []) : [...root.children].flatMap(holders));
  } catch (e) {
    return { bad: 'it is no CSS selector' };
  }
  const count = found.length === 1 ? 'found 1 element' : `found ${found.length} elements`;
  if (!found.length) return { none: true, why: count };
  const e = found.find(visible);
  if (!e) return { none: true, why: `${count}, none visible` };
  if (want.kind === 'wait-for') return { ok: true };
  if (own(e, 'matches').call(e, ':disabled') || own(e, 'closest').call(e, '[aria-disabled="true"]')) return { why: `${count}, but it is disabled` };

  const page = own(e, 'ownerDocument');
  const typed = ['text', 'search', 'url', 'tel', 'email', 'password', 'number'];
  let kind = 'click';
  if (want.kind === 'fill') {
    if (e.localName === 'textarea' || (e.localName === 'input' && typed.includes(e.type)) || e.isContentEditable) kind = 'type';
    else if (e.localName === 'select') kind = 'set';
    else if (e.localName !== 'input' || ['checkbox', 'radio', 'button', 'submit', 'reset', 'image'].includes(e.type))
      return { bad: `${describe(e)} can't be filled; click it` };
    else if (e.type === 'file') return { bad: 'it takes a file, not a text' };
    else kind = 'set';
    if (e.readOnly) return { why: `${count}, but it is read-only` };
  }

  if (want.phase === 'focus') {
    e.focus();
    if (e.select) e.select();
    else own(page, 'getSelection').call(page).selectAllChildren(e);
    if (!want.value) own(page, 'execCommand').call(page, 'delete');
    return { ok: true };
  }
  if (want.phase === 'filled') {
    const now = e.isContentEditable ? e.innerText : e.value;
    return want.value && !now ? { bad: 'it did not take the value' } : { ok: true };
  }
  if (want.phase === 'set') {
    if (e.localName === 'select') {
      const option = [...e.options].find((o) => o.value === want.value || squeeze(o.label) === squeeze(want.value));
      if (!option) return { why: `${count}, but it has no such option` };
      e.value = option.value;
    } else {
      // Past a framework's own setter, which would take the change for its own.
      Object.getOwnPropertyDescriptor(own(page, 'defaultView').HTMLInputElement.prototype, 'value').set.call(e, want.value);
      if (want.value && !e.value) return { bad: `it is of the type ${e.type} and does not take such a value` };
    }
    e.dispatchEvent(new Event('input', { bubbles: true, composed: true }));
    e.dispatchEvent(new Event('change', { bubbles: true }));
    return { ok: true };
  }

  // The first of its boxes: the middle of a link over two lines may be beside it.
  const middle = () => {
    const r = [...own(e, 'getClientRects').call(e)].find((r) => r.width > 0 && r.height > 0) || own(e, 'getBoundingClientRect').call(e);
    return { x: r.left + r.width / 2, y: r.top + r.height / 2 };
  };
  const view = own(page, 'defaultView');
  let at = middle();
  if (at.x < 0 || at.y < 0 || at.x >= view.innerWidth || at.y >= view.innerHeight || view !== window) {
    own(e, 'scrollIntoView').call(e, { block: 'center', inline: 'center', behavior: 'instant' });
    at = middle();
  }
  const around = own(e, 'getRootNode').call(e);
  const hit = own(around, 'elementFromPoint').call(around, at.x, at.y);
  let up = hit;
  while (up && up !== e) up = own(up, 'parentNode') || up.host;
  const label = hit && own(hit, 'closest').call(hit, 'label');
  if (!up && !(label && label.control === e))
    return { why: hit ? `${count}, but ${describe(hit)} covers it` : `${count}, but it is out of view` };
  for (let w = view; w !== window; w = w.parent) {
    const r = w.frameElement.getBoundingClientRect();
    at.x += r.left + w.frameElement.clientLeft;
    at.y += r.top + w.frameElement.clientTop;
  }
  return { ok: true, x: at.x, y: at.y, kind };
}
