// Runs in every frame before the page's own scripts.

// facts go to the page, all but those of the stage alone; secrets go to the
// platform's script only.
function main(facts, extra, css, platform) {
	// window.__beamSend is Beam's own function, which a page may have taken away.
	const own = window.__beamSend;
	const send = (message) => {
		try {
			(own ?? window.__beamSend)(JSON.stringify(message));
		} catch { /* the page was loaded without Beam */ }
	};
	let told = false;
	let timer;
	const ready = (why) => {
		if (told) return;
		told = true;
		clearInterval(timer);
		send({ type: 'ready', text: why });
	};
	const { layout, orientation, width, height, roles } = facts;
	Object.defineProperty(window, 'beam', {
		value: Object.freeze({
			layout, orientation, width, height, roles: Object.freeze([...roles]),
			ready: () => ready('the page said so'),
			stop: (reason) => send({ type: 'stop', text: String(reason ?? '') }),
			fail: (text) => send({ type: 'fail', text: String(text ?? '') }),
		}),
		configurable: true,
	});

	const top = window.top === window;
	// The hub of the top frame. A frame of another origin can't reach it: it taps
	// nothing for the stage, only its own readiness counts. With a filter, all its
	// tracks are withheld, because nobody can tell whose they are.
	let home;
	try {
		home = window.top.__beamHome;
	} catch { /* another origin */ }
	const filter = newFilter(facts);
	const withholding = filter.set ? installWithholding() : { begin() {}, withhold() {}, withheld: () => false, group: () => undefined };
	const frames = []; // for the top frame: with those below it
	let hub;
	const tap = tapFrame({
		arrived: (track, receiver) => { if (filter.set) withholding.begin(track, receiver); },
		changed: () => (top ? hub : home)?.changed(),
	});
	const frame = { tap, withholding };

	if (!top && home) {
		home.add(frame);
		// The empty document that a frame begins with may leave its window, and with
		// it this script, to the next one. If not, the hub finds the frame dead.
		addEventListener('pagehide', () => { if (location.href !== 'about:blank') home.remove(frame); });
		return;
	}
	frames.push(frame);
	if (top) {
		const stage = newStage(facts, css, () => hub.render());
		hub = newHub({ facts: Object.freeze({ ...facts, extra }), filter, frames, stage, send });
		const hide = (name, value) => Object.defineProperty(window, name, { value: Object.freeze(value) });
		hide('__beamDo', (what) => hub.command(what));
		hide('__beamHome', {
			changed: () => hub.changed(),
			add(one) {
				const at = frames.findIndex(({ tap }) => tap.document === one.tap.document);
				if (at > 0) frames[at] = one;
				else frames.push(one);
				hub.changed();
			},
			remove(one) {
				const at = frames.indexOf(one);
				if (at > 0) frames.splice(at, 1);
				hub.changed();
			},
		});
	}

	const moves = newMotion();
	const memory = {};
	const look = () => {
		const documents = frames.map((one) => one.tap.document);
		const known = hub?.facts() ?? { waiting: false, counts: countTracks(tap.tracks()), people: 0, withheld: 0 };
		// Behind the stage, or where only some are to be seen, the page's videos say
		// nothing.
		const counted = known.staged ? known.live : (!filter.set || known.counts.pictures > 0) && moves(documents);
		const why = decideReady(memory, {
			now: performance.now(),
			waiting: known.waiting,
			joinedAt: known.joinedAt,
			moves: counted,
			...known.counts,
			people: known.people,
			withheld: known.withheld,
			room: frames.some((one) => one.tap.opened()),
			page: top && {
				loaded: document.readyState === 'complete',
				resources: frames[0].tap.resources(),
				patient: frames.some((one) => one.tap.sockets() > 0) || hasMediaElements(documents),
			},
		});
		if (why) ready(why);
	};
	timer = setInterval(look, 100);
	hub?.start(platform);
}
