// One tile of the stage: a picture or an avatar, a name, and marks.

const SVG = 'http://www.w3.org/2000/svg';
const ICON_MUTED = 'M12 15a3.8 3.8 0 0 0 3.8-3.8V6a3.8 3.8 0 0 0-7.4-1.2l7 7M5 4 20 19l-1.3 1.3-4-4A7 7 0 0 1 13 17v3h-2v-3a6 6 0 0 1-5-5.8h2a4 4 0 0 0 5.6 3.7L8.300 11 3.700 5.300z';
const ICON_SCREEN = 'M3 5h18v11H3zm2 2v7h14V7zm4 10h6v2H9z';
const ICON_PERSON = 'M12 12.500a4.200 4.200 0 1 0 0-8.400 4.200 4.200 0 0 0 0 8.400zm0 2c-4.700 0-8 2.400-8 5.500h16c0-3.100-3.300-5.500-8-5.500z';

function icon(className, path) {
	const svg = create(document, SVG, 'svg');
	svg.setAttribute('viewBox', '0 0 24 24');
	svg.setAttribute('class', `icon ${className}`);
	const d = create(document, SVG, 'path');
	d.setAttribute('d', path);
	svg.append(d);
	return svg;
}

// A hue that is always the same for the same id.
function hueOf(id) {
	let hash = 2166136261;
	for (const char of String(id)) hash = Math.imul(hash ^ char.codePointAt(0), 16777619);
	return ((hash >>> 0) % 24) * 15;
}

// The first letters of the first and the last word of a name, at most two.
function initialsOf(name) {
	const words = String(name ?? '').split(/[\s_.,()[\]{}<>"'/|-]+/u).filter((word) => /[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(word));
	const letter = (word) => {
		const [first] = new Intl.Segmenter().segment(word);
		return first ? first.segment.toLocaleUpperCase() : '';
	};
	if (words.length === 0) return '';
	return letter(words[0]) + (words.length > 1 ? letter(words[words.length - 1]) : '');
}

// Sets only what is different: an equal value would still be a change to the
// document, and a new picture.
function setStyle(el, name, value) {
	if (el.style.getPropertyValue(name) !== value) el.style.setProperty(name, value);
}
function setText(el, text) {
	if (el.textContent !== text) el.textContent = text;
}
function setClass(el, name, on) {
	if (el.classList.contains(name) !== on) el.classList.toggle(name, on);
}

// newTile makes a tile, which is to be put into the document. onPicture is called
// when its picture can be shown.
function newTile(screen, onPicture) {
	const make = (tag, className, ...children) => {
		const el = html(tag);
		el.className = className;
		el.append(...children);
		return el;
	};
	const letters = make('span', 'initials');
	const face = make('div', 'face', icon('person', screen ? ICON_SCREEN : ICON_PERSON), letters);
	const cover = make('div', 'cover', face);
	const name = make('bdi', 'name');
	const label = make('div', 'label', icon('muted', ICON_MUTED), icon('screen', ICON_SCREEN), name);
	const el = make('div', `tile ${screen ? 'screen-tile' : 'person-tile'}`, cover, label, make('div', 'ring'));

	let track; // wanted
	let video; // of track, or of none
	let old; // of the track before, shown until the new one has a picture
	let still; // a copy of the last picture: Chrome paints an ended track black
	let avatar = '';
	let rect;
	let live = false;
	const pulse = newPulse();

	const drop = (one) => {
		if (!one) return;
		one.srcObject = null;
		one.remove();
	};
	const thaw = () => {
		still?.remove();
		still = undefined;
	};
	const fit = () => {
		for (const one of [video, old]) {
			if (one && rect) setStyle(one, 'object-fit', fillsTile({ w: one.videoWidth, h: one.videoHeight }, rect, screen) ? 'cover' : 'contain');
		}
	};
	// The cover lies over the picture until that has its first frame, so nobody
	// sees a black one.
	const onFirstFrame = (one) => {
		if (one !== video) return;
		fit();
		drop(old);
		old = undefined;
		thaw();
		live = true;
		setClass(el, 'live', true);
		pulse.begin();
		onPicture();
	};
	const show = (next) => {
		if (next === track) return;
		track = next;
		// The last picture stands for the same person until the next one comes.
		if (live && next) {
			drop(old);
			old = video;
		} else {
			drop(video);
			drop(old);
			old = undefined;
		}
		video = undefined;
		if (!next) {
			live = false;
			setClass(el, 'live', false);
			return;
		}
		const one = html('video');
		one.className = 'picture';
		// The page's own elements play the sound.
		one.muted = true;
		one.autoplay = true;
		one.playsInline = true;
		one.disablePictureInPicture = true;
		listen(one, 'resize', own(fit));
		one.srcObject = new MediaStream([next]);
		one.requestVideoFrameCallback(own(() => onFirstFrame(one)));
		video = one;
		cover.before(one);
		one.play().catch(() => {}); // it was dropped
	};

	return {
		el,
		live: () => live,
		blank: () => Boolean(track) && !live,
		update({ person, speaking, font }) {
			// A muted track sends no pictures; while the room is away, none does.
			const next = screen ? person.screen : person.camera;
			show(next && (!next.muted || person.away) ? next : undefined);
			if (still && track?.readyState === 'ended' && !still.parentNode) cover.before(still);
			if (still && !person.away && (!track || (live && !old && track.readyState === 'live'))) thaw();
			setText(name, person.name ?? '');
			setClass(el, 'named', Boolean(person.name));
			setClass(el, 'is-muted', !screen && person.muted);
			setClass(el, 'speaking', !screen && speaking);
			setText(letters, initialsOf(person.name));
			setClass(el, 'lettered', letters.textContent !== '');
			setStyle(el, '--hue', String(hueOf(person.id)));
			setStyle(el, '--font', `${font}px`);
			if (!screen && person.avatar !== avatar) {
				avatar = person.avatar;
				face.querySelector('.avatar')?.remove();
				const wanted = avatar;
				if (/^(https?:|data:image\/|blob:)/i.test(avatar)) newPicture('avatar', avatar, (el) => { if (wanted === avatar) face.append(el); });
			}
		},
		// A camera that sends nothing any more, or nothing but black, and said no word of
		// it, is as good as off. Screens may stand still.
		look(now, away) {
			if (screen || !video || !live) return;
			if (away) pulse.begin();
			setClass(el, 'live', pulse.beats(video, now));
		},
		// Puts the tile into a place. animated: it moves there from where it was.
		place(next, animated) {
			if (rect && rect.x === next.x && rect.y === next.y && rect.w === next.w && rect.h === next.h) return;
			const before = rect;
			rect = next;
			for (const [property, value] of [['left', rect.x], ['top', rect.y], ['width', rect.w], ['height', rect.h]]) {
				setStyle(el, property, `${value}px`);
			}
			fit();
			if (!animated) return;
			const from = before
				? { transform: `translate(${before.x - rect.x}px, ${before.y - rect.y}px) scale(${before.w / rect.w}, ${before.h / rect.h})` }
				: { opacity: 0, transform: 'scale(.94)' };
			el.animate([from, { opacity: 1, transform: 'none' }], { duration: before ? 220 : 160, easing: 'cubic-bezier(.2, .7, .2, 1)' });
		},
		// Copies the picture, for when its track ends before another comes.
		freeze() {
			if (!live || !video || !(video.videoWidth > 0)) return;
			thaw();
			still = html('canvas');
			still.className = 'picture';
			still.width = video.videoWidth;
			still.height = video.videoHeight;
			still.getContext('2d').drawImage(video, 0, 0);
			setStyle(still, 'object-fit', video.style.getPropertyValue('object-fit'));
		},
		// A video pauses when it is taken out of the document and put back.
		resume() {
			for (const one of [video, old]) if (one?.paused && one.srcObject) one.play().catch(() => {});
		},
		close() {
			drop(video);
			drop(old);
			thaw();
			video = old = undefined;
			el.remove();
		},
	};
}
