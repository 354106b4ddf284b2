// Draws scenes over the page.

// Settings of the theme by their short names; any other --name works too.
function themeName(name) {
	return name.startsWith('--') ? name : `--${name}`;
}

// A picture that others make room for has this long to appear before it gets its
// place without one.
const PICTURE_LATE = 1000; // ms

// newStage makes a stage that is off. changed is called when a scene may look
// otherwise because a picture came.
function newStage(facts, css, changed) {
	const host = html('beam-stage');
	host.setAttribute('popover', 'manual');
	host.setAttribute('aria-hidden', 'true');
	const shadow = host.attachShadow({ mode: 'closed' });
	const sheet = (text) => {
		const made = new CSSStyleSheet();
		made.replaceSync(text);
		return made;
	};
	// Users write :root for what is here the host.
	const theirs = sheet(String(facts.css ?? '').replace(/:root\b/g, ':host'));
	shadow.adoptedStyleSheets = [sheet(css), theirs];
	const fonts = newFonts(theirs);
	const root = html('div');
	root.className = 'stage';
	const logo = html('div');
	logo.className = 'logo';
	const note = html('div');
	note.className = 'note';
	note.textContent = 'Nobody is here yet';
	root.append(note, logo);
	const sinks = html('div');
	sinks.className = 'sinks';
	root.append(sinks);
	shadow.append(root);
	for (const [name, value] of Object.entries(facts.theme ?? {})) root.style.setProperty(themeName(name), String(value));
	if (/^data:image\//i.test(facts.logo ?? '')) logo.append(newPicture('brand', facts.logo, () => {}));

	const tiles = new Map(); // key -> tile
	const cover = newCover(host, () => tiles.forEach((tile) => tile.resume()));
	let on = false;
	let fresh = true; // nothing was drawn since the stage went on
	let drawn = '';
	let presenter; // key of the tile of a screen
	let liveSince; // ms; the first picture
	let allSince; // ms; all pictures
	const prepared = new Map(); // key -> since when

	const clear = () => {
		for (const tile of tiles.values()) tile.close();
		tiles.clear();
		prepared.clear();
		fresh = true;
		drawn = '';
		liveSince = allSince = undefined;
	};
	const shortSide = () => {
		const { width, height } = viewport();
		return Math.min(width, height);
	};
	const fontOf = (rect) => {
		const side = shortSide();
		return Math.round(Math.min(side * 0.026, Math.max(side * 0.0185, rect.h * 0.05)));
	};

	return {
		on: () => on,
		set(wanted) {
			if (on !== wanted) fonts(wanted);
			on = wanted;
			cover.set(wanted);
			if (!wanted) clear();
		},
		// Holds the stage over the page, and looks after its pictures. away tells that
		// the room has lost its connection: the last pictures stay.
		hold(now, away) {
			cover.hold();
			for (const tile of tiles.values()) tile.look(now, away);
		},
		videos: () => root.querySelectorAll('video.picture'),
		// Keeps the pictures that there are, when the room is losing its connection.
		freeze: () => tiles.forEach((tile) => tile.freeze()),
		sink() {
			const video = html('video');
			video.muted = true;
			video.autoplay = true;
			video.playsInline = true;
			sinks.append(video);
			return video;
		},
		// Whether the pictures are to be seen, and the covers gone: of all tiles, or
		// after a while of some.
		live() {
			const all = [...tiles.values()];
			if (!all.some((tile) => tile.live())) return false;
			liveSince ??= performance.now();
			const blank = all.some((tile) => tile.blank());
			if (blank) allSince = undefined;
			else allSince ??= performance.now();
			return performance.now() - (allSince ?? Infinity) > 250 || performance.now() - liveSince > PICTURE_LATE;
		},
		// Whether the picture of a tile can be shown. It is prepared if need be.
		prepare(key, person, screen) {
			let tile = tiles.get(key);
			if (!tile) {
				tile = newTile(screen, changed);
				tiles.set(key, tile);
				// Only what is drawn gets pictures; this is as good as not to be seen.
				tile.place({ x: 0, y: 0, w: 32, h: 18 }, false);
				tile.el.classList.add('waiting');
				root.append(tile.el);
				prepared.set(key, performance.now());
			}
			if (prepared.has(key)) tile.update({ person, speaking: false, font: 16 });
			return tile.live() || !prepared.has(key) || performance.now() - prepared.get(key) > PICTURE_LATE;
		},
		// Draws a scene of the director. The same scene again changes nothing. waiting
		// holds the keys of tiles that are being prepared.
		draw(layout, scene, waiting, speaks) {
			const keys = new Set(scene.map(({ key }) => key));
			for (const [key, tile] of tiles) {
				if (keys.has(key) || waiting.has(key)) continue;
				tile.close();
				tiles.delete(key);
				prepared.delete(key);
			}
			if (drawn !== layout) {
				drawn = layout;
				root.dataset.layout = layout;
			}
			setClass(root, 'empty', scene.length === 0);
			setStyle(root, '--side', `${shortSide()}px`);
			// A screen comes and goes with a cut: its large place would be empty while
			// the others move.
			const screenNow = scene.find(({ screen }) => screen)?.key;
			const move = !fresh && screenNow === presenter;
			presenter = screenNow;
			for (const { key, person, screen, rect } of scene) {
				let tile = tiles.get(key);
				if (!tile) {
					tile = newTile(screen, changed);
					tiles.set(key, tile);
				}
				if (prepared.delete(key)) tile.el.classList.remove('waiting');
				tile.place(rect, move);
				tile.update({ person, speaking: speaks(person.id), font: fontOf(rect) });
				if (!tile.el.parentNode) root.append(tile.el);
			}
			fresh = false;
		},
	};
}
