// Finds elements of a kind, in open shadow roots too.

const SEARCHED = 2000; // elements of a document that are searched for shadow roots at one asking

// newRoots returns a function that gives a document and its open shadow roots. They
// are found little by little: a walk through a whole page of 100,000 elements would
// be felt, and a page that replaces attachShadow must find it as it was.
function newRoots() {
	const searches = new WeakMap(); // document -> {next, roots, turn}
	return (document) => {
		let state = searches.get(document);
		if (!state) searches.set(document, state = { next: 0, roots: new Set(), turn: 0 });
		const found = [];
		const visit = (element) => {
			const root = element.shadowRoot;
			if (!root || state.roots.has(root)) return;
			state.roots.add(root);
			found.push(root);
		};
		const inside = (root) => {
			const all = root.querySelectorAll('*');
			all.forEach(visit);
			return all.length + 1;
		};
		for (const root of state.roots) if (!root.isConnected) state.roots.delete(root);
		const all = elementsOf(document, '*');
		if (state.next >= all.length) state.next = 0;
		const end = Math.min(all.length, state.next + SEARCHED);
		while (state.next < end) visit(all[state.next++]);
		// What is found is searched at once, so that nested ones are; known ones again in turn.
		const known = [...state.roots];
		let left = SEARCHED;
		for (let i = 0; i < known.length && left > 0; i++) left -= inside(known[state.turn++ % known.length]);
		while (found.length > 0) inside(found.pop());
		return [document, ...state.roots];
	};
}

// newFinder returns a function of documents and a selector: the elements there.
function newFinder() {
	const roots = newRoots();
	return (documents, selector) => documents.flatMap((one) => roots(one).flatMap((root) => [...(root === one ? selectIn(root, selector) : root.querySelectorAll(selector))]));
}
