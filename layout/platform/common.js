// What the platforms' scripts share. It runs before the page's own scripts, so
// what it takes from window here is the browser's own.
const kit = (() => {
	const { setInterval, clearInterval, setTimeout, clearTimeout, console, performance, Event } = window;
	const setValue = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;

	// A page may have other objects than expected. What fails is said once, and
	// tried again the next time.
	const complaints = new Set();
	const safely = (fn) => (...args) => {
		try {
			return fn(...args);
		} catch (error) {
			const text = `beam: ${String(error?.message ?? error).slice(0, 200)}`;
			if (complaints.size < 20 && !complaints.has(text)) {
				complaints.add(text);
				console.debug(text);
			}
			return undefined;
		}
	};

	// Calls look again and again, each ms milliseconds and soon after soon() was
	// called or a remote track came or went.
	const watch = (room, ms, look) => {
		const run = (room.own ?? ((fn) => fn))(safely(look));
		let stop;
		if (room.every) stop = room.every(ms, run);
		else {
			const timer = setInterval(run, ms);
			stop = () => clearInterval(timer);
		}
		let pending = 0;
		const soon = () => {
			pending ||= setTimeout(() => {
				pending = 0;
				run();
			}, 20);
		};
		room.tap?.onchange?.(soon);
		const close = () => {
			stop();
			clearTimeout(pending);
			pending = -1; // soon does nothing any more
		};
		return { soon, close };
	};

	// A text of the page or of a person, in the length that somebody would read.
	const text = (value, longest = 300) => (value === undefined || value === null ? '' : String(value).trim().slice(0, longest));

	// Where the bot stands with the room: what the page says, in the order that
	// makes sense, and nothing twice.
	const door = (room) => {
		let at = 'outside'; // inside, away, over
		let said;
		const over = (tell) => (why) => {
			if (at === 'over') return;
			at = 'over';
			tell(text(why));
		};
		const refused = over((why) => room.refused(why || 'the room did not let the recorder in'));
		return {
			inside: () => at === 'inside' || at === 'away',
			here: () => at === 'inside',
			over: () => at === 'over',
			joined() {
				if (at === 'outside') room.joined();
				if (at === 'away') room.reconnected();
				if (at !== 'over') at = 'inside';
			},
			people(list) {
				if (at === 'inside') room.people(list);
			},
			waiting(why) {
				if (at !== 'outside' || said === why) return;
				said = why;
				room.waiting(text(why));
			},
			away() {
				if (at !== 'inside') return;
				at = 'away';
				room.reconnecting();
			},
			refused,
			ended(why) {
				if (at === 'outside') refused(why || 'the meeting has ended');
				else over((reason) => room.ended(reason || 'the meeting has ended'))(why);
			},
			kicked(why) {
				if (at === 'outside') refused(why || 'the recorder was removed');
				else over((reason) => room.kicked(reason || 'the recorder was removed from the room'))(why);
			},
		};
	};

	// Tells whether what() has been true for ms milliseconds at a stretch.
	const lasting = (ms) => {
		let since = 0;
		return (is) => {
			if (!is) since = 0;
			else since ||= performance.now();
			return since > 0 && performance.now() - since >= ms;
		};
	};

	const shown = (selector) => {
		const element = document.querySelector(selector);
		return element && element.getClientRects().length > 0 ? element : null;
	};
	// Fills an input in the way that frameworks notice.
	const fill = (input, value) => {
		if (!input || input.value) return;
		setValue.call(input, value);
		input.dispatchEvent(new Event('input', { bubbles: true }));
		input.dispatchEvent(new Event('change', { bubbles: true }));
	};
	const press = (button) => {
		if (button && !button.disabled) button.click();
	};

	const isTrack = (value) => value instanceof MediaStreamTrack;
	return { safely, watch, text, door, lasting, shown, fill, press, isTrack };
})();
