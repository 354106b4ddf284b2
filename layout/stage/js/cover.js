// Holds an element above the whole page, and the page unpainted behind it.

// The page is made transparent, not hidden: rooms ask for better or worse
// pictures by what they think is seen, and sizes, intersections and visibility
// stay as they were.
//
// Measured with four videos of 30 pictures a second at 720p, median of three on a
// busy machine, in cores: the page alone 0.65 (at 26 pictures a second), the stage
// over a page that is only covered 0.74, transparent 0.72, visibility: hidden 0.72
// (at 29). So the page's own videos cost next to nothing behind the stage any way:
// what is covered is not drawn. But a page that is only covered still makes a new
// picture with each of its changes, 60 a second for an animation that nobody
// sees; a transparent one makes none. And elements of the page can take back
// visibility: hidden, while opacity holds for all that is in them.
//
// The selector's weight is above that of any sane page. Elements of the page in
// the top layer are no descendants of the body where opacity counts, so they are
// named.
const PAGE_RULES = `
:root > :not(beam-stage):not(#beam-stage#beam-stage#beam-stage) { opacity: 0 !important; transition: none !important; animation: none !important }
:modal:not(#beam-stage#beam-stage), [popover]:not(beam-stage):not(#beam-stage#beam-stage), ::backdrop { opacity: 0 !important; transition: none !important; animation: none !important }
`;

// newCover makes the cover of host, an element named beam-stage. back is called
// after host was put back into the document.
function newCover(host, back) {
	const rules = new CSSStyleSheet();
	rules.replaceSync(PAGE_RULES);
	let on = false;

	const raise = () => {
		if (!host.isConnected) return;
		if (host.matches(':popover-open')) host.hidePopover();
		host.showPopover();
	};
	// The top layer is in the order in which elements got there. What the page
	// puts there later would be above.
	const onOpened = own((event) => {
		if (on && event.target !== host && (event.newState ?? 'open') === 'open') raise();
	});
	const hold = () => {
		const root = rootOf(document);
		if (!on || !root) return;
		if (!sheetsOf(document).includes(rules)) setSheets(document, [...sheetsOf(document), rules]);
		// Of no effect when they are there already; document.open() removes them.
		listen(window, 'toggle', onOpened, true);
		listen(window, 'fullscreenchange', onOpened, true);
		observer.observe(document, { childList: true });
		observer.observe(root, { childList: true });
		const lost = host.parentNode !== root;
		if (lost) root.append(host);
		if (lost || !host.matches(':popover-open')) raise();
		if (lost) back();
	};
	// A page that replaces its document, or its parts, takes the host away.
	const observer = new MutationObserver(own(hold));

	return {
		hold,
		set(wanted) {
			if (on === wanted) return;
			on = wanted;
			if (on) {
				observer.observe(document, { childList: true });
				hold();
				return;
			}
			observer.disconnect();
			host.remove();
			setSheets(document, sheetsOf(document).filter((sheet) => sheet !== rules));
		},
	};
}
