// Where tiles go. Pure: numbers in, rectangles out, in whole CSS pixels.

// How far a tile may be from 16:9. A tile that is a little higher fills the
// viewport better, and cropping a camera's picture to it loses little; in
// portrait much more room is to be won.
const WIDEST = 16 / 9;
const TALLEST = 4 / 3;
const TALLEST_PORTRAIT = 1;

// How many people can be seen at once. More are paged, by recent speech.
const MOST_IN_GRID = 25;
const MOST_IN_ROWS = 8; // of a strip below

function gapOf(width, height) {
	return Math.max(6, Math.round(Math.min(width, height) / 72));
}

function tallestOf(width, height) {
	return width >= height ? TALLEST : TALLEST_PORTRAIT;
}

// The largest box of an aspect between tallest and widest in w by h.
function fitBox(w, h, tallest) {
	const width = Math.floor(Math.min(w, h * WIDEST));
	return { w: width, h: Math.floor(Math.min(h, width / tallest)) };
}

// Places n tiles of one size in a box, as large as they fit, rows filled from
// the top, the last one centred.
function placeTiles(n, box, gap, tallest) {
	let best = { area: 0 };
	for (let columns = 1; columns <= n; columns++) {
		const rows = Math.ceil(n / columns);
		const tile = fitBox((box.w - gap * (columns - 1)) / columns, (box.h - gap * (rows - 1)) / rows, tallest);
		const area = tile.w > 0 && tile.h > 0 ? tile.w * tile.h : 0;
		if (area > best.area) best = { area, tile, columns, rows };
	}
	if (best.area === 0) return [];
	const { tile, columns, rows } = best;
	const top = box.y + Math.floor((box.h - rows * tile.h - (rows - 1) * gap) / 2);
	return Array.from({ length: n }, (_, i) => {
		const row = Math.floor(i / columns);
		const inRow = Math.min(columns, n - row * columns);
		const left = box.x + Math.floor((box.w - inRow * tile.w - (inRow - 1) * gap) / 2);
		return { x: left + (i % columns) * (tile.w + gap), y: top + row * (tile.h + gap), w: tile.w, h: tile.h };
	});
}

// The stage with one large tile and the others in a strip: at its side, or below
// it in portrait. whole is whether the large tile takes any shape that is left,
// as a screen does.
function placeWithStrip(n, width, height, whole) {
	const gap = gapOf(width, height);
	const box = { x: gap, y: gap, w: width - 2 * gap, h: height - 2 * gap };
	const tallest = tallestOf(width, height);
	const large = (room) => {
		if (whole) return { ...room };
		const { w, h } = fitBox(room.w, room.h, tallest);
		return { x: room.x + Math.floor((room.w - w) / 2), y: room.y + Math.floor((room.h - h) / 2), w, h };
	};
	if (n === 0) return { main: large(box), people: [] };
	if (width >= height) {
		const w = Math.round(box.w * 0.18);
		const h = Math.round((w * 9) / 16);
		const fits = Math.max(1, Math.floor((box.h + gap) / (h + gap)));
		const shown = Math.min(n, fits);
		const top = box.y + Math.floor((box.h - shown * h - (shown - 1) * gap) / 2);
		return {
			main: large({ ...box, w: box.w - w - gap }),
			people: Array.from({ length: shown }, (_, i) => ({ x: box.x + box.w - w, y: top + i * (h + gap), w, h })),
		};
	}
	const h = whole ? Math.round((box.w * 9) / 16) : Math.min(Math.round(box.w * 0.8), Math.round(box.h / 2));
	const below = { ...box, y: box.y + h + gap, h: box.h - h - gap };
	const shown = Math.min(n, MOST_IN_ROWS);
	return { main: large({ ...box, h }), people: placeTiles(shown, below, gap, TALLEST) };
}

// Places what a layout shows of n people, and of a shared screen where there is
// one. main is the place of the screen, or else of the active speaker, or null;
// people are the places of the others, of which there may be fewer than n.
function arrange(layout, width, height, n, screen) {
	if (layout === 'spotlight') {
		if (!screen && n === 0) return { main: null, people: [] };
		const fit = fitBox(width, height, screen ? TALLEST : tallestOf(width, height));
		const { w, h } = screen && width >= height ? { w: width, h: height } : fit;
		return { main: { x: Math.floor((width - w) / 2), y: Math.floor((height - h) / 2), w, h }, people: [] };
	}
	if (screen) return placeWithStrip(n, width, height, true);
	if (layout === 'speaker') {
		if (n === 0) return { main: null, people: [] };
		return placeWithStrip(n - 1, width, height, false);
	}
	const gap = gapOf(width, height);
	const box = { x: gap, y: gap, w: width - 2 * gap, h: height - 2 * gap };
	return { main: null, people: placeTiles(Math.min(n, MOST_IN_GRID), box, gap, tallestOf(width, height)) };
}

// Whether a picture fills its tile, and is cropped, or is shown whole. Of a
// screen nothing may be lost, and little of a picture with a shape that cameras don't
// have: it may be one.
function fillsTile(picture, tile, screen) {
	if (screen || !picture.w || !picture.h) return false;
	const shape = picture.w / picture.h;
	const ratio = shape / (tile.w / tile.h);
	if (shape > 1.85 || shape < 0.5) return ratio < 1.08 && ratio > 0.92;
	return ratio < 1.85 && ratio > 0.65;
}
